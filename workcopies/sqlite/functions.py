"""What SQL may call on a working copy's connection."""

import re
import sqlite3
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

# The largest amounts have 18 digits; sums of as many as fit on a disk have fewer than twice that.
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
DECIMAL = "utkorg_decimal"
LARGEST = 2**63 - 1  # that SQLite has as a whole number


def decimal_of(text: object) -> Decimal | None:
    """The number that a column's text is; None for what is none, which any program may have written there."""
    try:
        found = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


class DecimalSum:
    """SUM of amounts, exactly; as text, as amounts are."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, value: Any) -> None:
        """Add one more; what is no number adds nothing."""
        added = None if value is None else decimal_of(value)
        if added is not None:
            self._sum = added if self._sum is None else EXACT.add(self._sum, added)

    def finalize(self) -> str | None:
        """The sum; NULL of nothing."""
        return None if self._sum is None else format(self._sum, "f")


def compare(one: str, other: str) -> int:
    """The order of two amounts; what is no number comes first."""
    first, second = decimal_of(one), decimal_of(other)
    if first is None or second is None:
        left, right = (first is not None, one), (second is not None, other)
        return (left > right) - (left < right)
    return (first > second) - (first < second)


def scaled(value: object, places: int) -> int | float | None:
    """An amount as a whole number of its smallest part; what has smaller parts still stands in its place."""
    number = None if value is None else decimal_of(value)
    if number is None:
        return None
    moved = EXACT.multiply(number, Decimal(10) ** places)
    return int(moved) if moved == moved.to_integral_value() and abs(moved) <= LARGEST else float(moved)


def register(connection: sqlite3.Connection) -> None:
    """Make them known to a connection."""
    connection.create_collation(DECIMAL, compare)
    connection.create_function("utkorg_upper", 1, _upper, deterministic=True)
    connection.create_function("utkorg_scaled", 2, scaled, deterministic=True)
    connection.create_function("clock_timestamp", 0, _now)
    connection.create_function("regexp_replace", 4, _replaced, deterministic=True)
    summing: Any = DecimalSum  # the stubs would have whole numbers added up
    connection.create_aggregate("utkorg_sum", 1, summing)


def _upper(text: object) -> str | None:
    return None if text is None else str(text).upper()


def _replaced(text: object, pattern: str, by: str, flags: str) -> str | None:
    """As PostgreSQL has it, for patterns that both understand."""
    return None if text is None else re.sub(pattern, by, str(text), count=0 if "g" in flags else 1)


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
