"""Reading a row of hours as it was given: JSON's forms and Python's alike, each wrong field with what to do."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from information_types import registry
from timesheets.exceptions import RowError
from timesheets.models import TimeTransaction

# What names the row or its registration: given once. `registration` is any text that is the same for those rows of one
# call that are one registration, and isn't kept.
NAMING = ("uid", "time_category", "registration")
# What the database or another action fills in
FILLED_IN = frozenset(
    field.name
    for field in registry.get("time_transactions").fields
    if field.name.startswith(("approved_level_", "time_category_"))
    or field.name in {"correlation_id", "external_status_code", "last_updated_on", "record_state_key"}
)
WRITABLE = tuple(
    field.name
    for field in registry.get("time_transactions").fields
    if field.name not in FILLED_IN and field.name not in {"company", *NAMING}
)
REQUIRED = ("employee_id", "date_in", "quantity")

FIRST_DAY = date(2000, 1, 1)
DAYS_AHEAD = 366
LONGEST_DAYS = 31
LARGEST_ID = 2**63 - 1
LARGEST_UID = 10**15 - 1
LARGEST_CATEGORY = 2**31 - 1
LONGEST_REGISTRATION = 64
HUNDREDTH = Decimal("0.01")
LARGEST_QUANTITY = Decimal("9999.99")
HOURS_OF_A_DAY = 24


class Refused(Exception):
    """A value that can't be read."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def clean(given: Mapping[str, Any], row: int, errors: list[RowError]) -> dict[str, Any]:
    """The values that were named, as the database keeps them; what is wrong is added to `errors`."""
    values = {}
    for name, value in given.items():
        try:
            if name not in FILLED_IN:
                reader = READERS.get(name) or _unknown
                values[name] = reader(value)
            elif value not in (None, ""):
                _refuse_filled_in(value)
        except Refused as error:
            errors.append(RowError(row=row, field=str(name), code=error.code, message=error.message))
    return values


def _unknown(_value: Any) -> None:
    raise Refused("unknown_field", _("Hours have no field of this name. Leave it out."))


def _refuse_filled_in(_value: Any) -> None:
    raise Refused("read_only", _("This is filled in here. Leave it out."))


def complete(values: dict[str, Any], named: Mapping[str, Any], row: int, errors: list[RowError]) -> None:
    """Fill in the end date that follows from the clock, and check what the fields say together."""

    def wrong(field: str, code: str, message: str | Promise) -> None:
        errors.append(RowError(row=row, field=field, code=code, message=message))

    missing = [name for name in REQUIRED if values.get(name) is None]
    for name in missing:
        wrong(name, "required", _("This is missing."))
    if missing:
        return
    _fill_end(values, named)
    first, last = values["date_in"], values.get("date_out") or values["date_in"]
    if "date_in" in named and not FIRST_DAY <= first <= timezone.localdate() + timedelta(days=DAYS_AHEAD):
        wrong("date_in", "out_of_range", _("The date is before the year 2000 or more than a year ahead."))
    elif last < first:
        wrong("date_out", "out_of_order", _("The end comes before the start."))
    elif (last - first).days > LONGEST_DAYS:
        wrong("date_out", "out_of_range", _("A registration is at most 31 days long."))
    elif _ends_early(values, first, last):
        wrong("time_out", "out_of_order", _("The end comes before the start. After midnight the end date is the next."))
    elif abs(values["quantity"]) > HOURS_OF_A_DAY * ((last - first).days + 1):
        wrong("quantity", "out_of_range", _("More than 24 hours a day. Check the hours, or give the end date."))


def _fill_end(values: dict[str, Any], named: Mapping[str, Any]) -> None:
    if named.get("date_out") is not None or values.get("time_out") is None:
        return
    if values.get("date_out") is not None and not {"date_in", "date_out", "time_in", "time_out"} & named.keys():
        return
    start, end = values.get("time_in"), values["time_out"]
    next_day = start is not None and end <= start and values["date_in"] < date.max
    values["date_out"] = values["date_in"] + timedelta(days=next_day)


def _ends_early(values: dict[str, Any], first: date, last: date) -> bool:
    start, end = values.get("time_in"), values.get("time_out")
    return first == last and start is not None and end is not None and end < start


def _whole(largest: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        if value is None or value == "":
            return None
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= largest):
            raise Refused("invalid", _("A whole number from 0 to %(largest)s.") % {"largest": largest})
        return int(text)

    return read


def text(longest: int) -> Callable[[Any], str]:
    """A reader of text of a field of that length."""

    def read(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Refused("invalid", _("This is no text."))
        found = str(value).strip()
        if len(found) > longest:
            raise Refused("max_length", _("At most %(longest)s characters.") % {"longest": longest})
        if "\0" in found or any("\ud800" <= character <= "\udfff" for character in found):
            raise Refused("invalid", _("The text holds characters that can't be stored."))
        return found

    return read


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.strptime(str(value).strip(), "%Y-%m-%d").date()  # noqa: DTZ007  # a date has no time zone
    except ValueError:
        raise Refused("invalid", _("A date is written 2026-11-21.")) from None


def _clock(value: Any) -> time | None:
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, time) else time.fromisoformat(str(value).strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise Refused("invalid", _("A time is written 21:57 or 21:57:00."))
    return found


def _quantity(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        found = None if isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite():
        raise Refused("invalid", _("Hours are a number such as 7.50."))
    if abs(found) > LARGEST_QUANTITY:
        raise Refused("out_of_range", _("At most 9999.99 hours."))
    if found != found.quantize(HUNDREDTH):
        raise Refused("max_decimal_places", _("Hours have at most two decimals."))
    return found.quantize(HUNDREDTH) + 0  # no negative zero


def _reader(name: str) -> Callable[[Any], Any]:
    field = TimeTransaction._meta.get_field(name)
    match field:
        case models.CharField():
            return text(field.max_length or 0)
        case models.BigIntegerField():
            return _whole(LARGEST_ID)
        case models.DateField():
            return _day
        case models.TimeField():
            return _clock
        case _:
            return _quantity


READERS: dict[str, Callable[[Any], Any]] = {
    **{name: _reader(name) for name in WRITABLE},
    "uid": _whole(LARGEST_UID),
    "time_category": _whole(LARGEST_CATEGORY),
    "registration": text(LONGEST_REGISTRATION),
}
