"""Values as they stand in a query, each kind in the one form that `data` shows it in. Source: CONTRACT §0."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

Reader = Callable[[str], Any]

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})")
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
WHOLE = re.compile(r"-?[0-9]{1,18}")
OF_DIMENSION = re.compile(r"([0-9]{1,9}):(.*)", re.DOTALL)
TRUTHS = {"true": True, "false": False}


def reader_of(column: Any) -> Reader:
    """Return what reads the values of a column."""
    if column.choices:
        return one_of([str(value) for value, _label in column.flatchoices])
    for kind, reader in READERS.items():
        if isinstance(column, kind):
            return reader
    raise TypeError(f"{column}: nothing says how a {type(column).__name__} stands in a query.")


def text(said: str) -> str:
    """Any text that the database can hold."""
    if "\0" in said:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    return said


def one_of(known: Iterable[str]) -> Reader:
    """One of these texts."""
    allowed = list(known)

    def read(said: str) -> str:
        if said not in allowed:
            raise ValidationError(_("Choose one of %(known)s.") % {"known": ", ".join(allowed)}, code="invalid_choice")
        return said

    return read


def truth(said: str) -> bool:
    """`true` or `false`."""
    if said not in TRUTHS:
        raise ValidationError(_("Write true or false."), code="invalid")
    return TRUTHS[said]


def whole_number(said: str) -> int:
    """An integer."""
    if not WHOLE.fullmatch(said):
        raise ValidationError(_("Write a whole number."), code="invalid")
    return int(said)


def amount(said: str) -> Decimal:
    """An amount or a quantity, by its value: 12.5 is 12.50."""
    if not AMOUNT.fullmatch(said):
        raise ValidationError(_("Write a number such as 1250.00."), code="invalid")
    return Decimal(said)


def day(said: str) -> date:
    """A date."""
    try:
        if DATE.fullmatch(said):
            return date.fromisoformat(said)
    except ValueError:
        pass
    raise ValidationError(_("Write a date as YYYY-MM-DD."), code="invalid")


def clock_time(said: str) -> time:
    """A time of the day."""
    try:
        if CLOCK.fullmatch(said):
            return time.fromisoformat(said)
    except ValueError:
        pass
    raise ValidationError(_("Write a time as HH:MM:SS."), code="invalid")


def moment(said: str) -> datetime:
    """A time with its zone, or a date: its first moment, in UTC."""
    try:
        if DATE.fullmatch(said):
            return datetime.combine(date.fromisoformat(said), time.min, UTC)
        said = said.replace(" ", "+")  # what a plus that wasn't encoded has become
        if MOMENT.fullmatch(said):
            return datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValidationError(_("Write a time with its zone, as 2024-01-31T12:00:00Z, or a date."), code="invalid")


def last_moment(said: str) -> datetime:
    """A time with its zone, or a date: its last moment, in UTC."""
    found = moment(said)
    return datetime.combine(found, time.max, UTC) if DATE.fullmatch(said) else found


def of_dimension(said: str) -> dict[str, str]:
    """A further dimension and its code, as `7:121`."""
    found = OF_DIMENSION.fullmatch(text(said))
    if found is None:
        raise ValidationError(_("Write a dimension and its code, as 7:121."), code="invalid")
    return {found[1]: found[2]}


READERS: dict[type[Any], Reader] = {
    models.DateTimeField: moment,  # before DateField, of which it is one
    models.DateField: day,
    models.TimeField: clock_time,
    models.BooleanField: truth,
    models.IntegerField: whole_number,
    models.DecimalField: amount,
    models.JSONField: of_dimension,
    models.CharField: text,
    models.TextField: text,
}
