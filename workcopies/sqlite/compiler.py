"""SQL of querysets, in which amounts are text: compared and ordered as numbers, added up exactly.

A column is compared as a whole number of its smallest part. As long as it is written as the server writes it, with all
its decimals, SQLite finds that number without asking us, so that a million rows take no longer than they need.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import DecimalField, Sum
from django.db.models.expressions import Col, Expression, OrderBy
from django.db.models.functions import Collate
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual, Range
from django.db.models.sql import compiler

from workcopies.sqlite.functions import DECIMAL, EXACT, LARGEST

Compiled = tuple[str, Any]

SCALED = """(CASE WHEN substr({column}, -{end}, 1) = '.' THEN CAST(replace({column}, '.', '') AS INTEGER)
    ELSE utkorg_scaled({column}, {places}) END)"""
# The whole number on whose side of an operator a number lies that has smaller parts
BOUNDS: dict[type[Any], tuple[str, str]] = {
    GreaterThan: (">", ROUND_FLOOR),
    GreaterThanOrEqual: (">=", ROUND_CEILING),
    LessThan: ("<", ROUND_CEILING),
    LessThanOrEqual: ("<=", ROUND_FLOOR),
}


class Scaled(Expression):
    """A column of amounts, for ORDER BY."""

    def __init__(self, column: Col) -> None:
        super().__init__(output_field=column.output_field)
        self.column = column

    def as_sql(self, compiler: Any, _connection: Any) -> Compiled:
        """The whole number."""
        return _scaled(compiler, self.column), []


class SQLCompiler(compiler.SQLCompiler):
    def compile(self, node: Any) -> Compiled:
        """Compile a part of a query, in our way where it is about amounts."""
        if isinstance(node, Sum) and _is_decimal(node):
            summed: Compiled = node.as_sql(self, self.connection, function="UTKORG_SUM")
            return summed
        if isinstance(node, OrderBy) and _is_decimal(node.expression):
            node = _ordered(node)
        compared = COMPARED.get(type(node))
        if compared is not None and _is_column(node.lhs) and _are_numbers(node.rhs):
            return compared(self, node)
        found: Compiled = super().compile(node)
        return found


class SQLInsertCompiler(compiler.SQLInsertCompiler, SQLCompiler):
    pass


class SQLDeleteCompiler(compiler.SQLDeleteCompiler, SQLCompiler):
    pass


class SQLUpdateCompiler(compiler.SQLUpdateCompiler, SQLCompiler):
    pass


class SQLAggregateCompiler(compiler.SQLAggregateCompiler, SQLCompiler):
    pass


def _exact(compiler: SQLCompiler, lookup: Any) -> Compiled:
    column, value = _scaled(compiler, lookup.lhs), _moved(lookup.lhs, lookup.rhs)
    return (f"{column} = %s", [int(value)]) if value == value.to_integral_value() else ("0 = 1", [])


def _bounded(compiler: SQLCompiler, lookup: Any) -> Compiled:
    operator, rounding = BOUNDS[type(lookup)]
    return f"{_scaled(compiler, lookup.lhs)} {operator} %s", [_whole(lookup.lhs, lookup.rhs, rounding)]


def _between(compiler: SQLCompiler, lookup: Any) -> Compiled:
    first, last = lookup.rhs
    bounds = [_whole(lookup.lhs, first, ROUND_CEILING), _whole(lookup.lhs, last, ROUND_FLOOR)]
    return f"{_scaled(compiler, lookup.lhs)} BETWEEN %s AND %s", bounds


COMPARED: dict[type[Any], Callable[[SQLCompiler, Any], Compiled]] = {
    Exact: _exact,
    Range: _between,
    **dict.fromkeys(BOUNDS, _bounded),
}


def _ordered(order: Any) -> Any:
    """The same order, by the numbers."""
    expression = order.expression
    by = Scaled(expression) if isinstance(expression, Col) else Collate(expression, DECIMAL)
    found = order.copy()
    found.set_source_expressions([by])
    return found


def _scaled(compiler: Any, column: Col) -> str:
    sql, _no_values = compiler.compile(column)
    field: Any = column.output_field
    return SCALED.format(column=sql, places=field.decimal_places, end=field.decimal_places + 1)


def _moved(column: Col, value: Decimal) -> Decimal:
    field: Any = column.output_field
    return EXACT.multiply(value, Decimal(10) ** field.decimal_places)


def _whole(column: Col, value: Decimal, rounding: str) -> int:
    whole = int(_moved(column, value).to_integral_value(rounding=rounding))
    return max(-LARGEST, min(whole, LARGEST))


def _is_column(node: Any) -> bool:
    return isinstance(node, Col) and _is_decimal(node)


def _are_numbers(value: Any) -> bool:
    numbers = value if isinstance(value, list | tuple) else [value]
    return all(isinstance(number, Decimal) and number.is_finite() for number in numbers)


def _is_decimal(node: Any) -> bool:
    try:
        return isinstance(node.output_field, DecimalField) and not isinstance(node, Collate | Scaled)
    except (AttributeError, FieldError):
        return False
