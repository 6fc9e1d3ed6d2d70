"""How values go to the file and come back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.backends.sqlite3 import operations
from django.db.models.expressions import Col

from workcopies.sqlite.functions import DECIMAL, decimal_of

IN_CAPITALS = {"iexact", "icontains", "istartswith", "iendswith"}
COMPARED = {"exact", "gt", "gte", "lt", "lte", "in", "range"}


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "workcopies.sqlite.compiler"

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Amounts are compared as numbers, letters without regard to their case in every alphabet."""
        if internal_type == "DecimalField" and lookup_type in COMPARED:
            return f"%s COLLATE {DECIMAL}"
        if lookup_type in IN_CAPITALS:
            return "UTKORG_UPPER(%s)"
        found: str = super().lookup_cast(lookup_type, internal_type)
        return found

    def adapt_decimalfield_value(
        self, value: Decimal | None, _max_digits: int | None = None, decimal_places: int | None = None
    ) -> str | None:
        """The text that the file holds: every decimal, no exponent."""
        if value is None:
            return None
        places = -int(value.as_tuple().exponent) if value.is_finite() else 0
        return format(value, f".{max(places, decimal_places or 0)}f")

    def get_decimalfield_converter(self, expression: Any) -> Callable[..., Decimal | None]:
        """The number that was written, digit by digit; Django's would pass through fifteen digits."""
        field: Any = expression.output_field
        places = field.decimal_places if isinstance(expression, Col) else 0

        def converter(value: Any, _expression: Any, _connection: Any) -> Decimal | None:
            found = None if value is None else decimal_of(value)
            if found is None and value is not None and not field.null:
                return Decimal(0)  # whatever stands there: lists and sums go on, and check-in refuses it
            if found is None or -int(found.as_tuple().exponent) >= places:
                return found
            return found.quantize(Decimal(1).scaleb(-places))

        return converter

    def get_db_converters(self, expression: Any) -> list[Callable[..., Any]]:
        """What can't be what its column holds, which any program may have written there, is nothing."""
        return [_forgiving(converter) for converter in super().get_db_converters(expression)]

    def compose_sql(self, sql: str, params: Any) -> str:
        """The statement with its values in place, as PostgreSQL's operations do it."""
        return sql % tuple(self._literal(value) for value in params or ())

    def _literal(self, value: Any) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute("select quote(%s)", [value])
            return str(cursor.fetchone()[0])


def _forgiving(converter: Callable[..., Any]) -> Callable[..., Any]:
    def convert(value: Any, expression: Any, connection: Any) -> Any:
        try:
            return converter(value, expression, connection)
        except (ValueError, TypeError, ArithmeticError):
            return None

    return convert
