"""Values between the columns of a file, JSON as the contract has it, and what services take.

A file may have been written by any program: what its column can't hold on the server is refused here, never rounded,
cut off or guessed at.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Field as ModelField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workcopies.exceptions import BadValue

Json = Any

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|\+00:00)?")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # what PostgreSQL's text can't hold


def from_column(field: "ModelField[Any, Any]", value: Any, *, is_key: bool = False) -> Json:
    """A column's value as JSON: absent is null, but for a part of a key. Raises `BadValue`."""
    if value is None:
        if field.null or isinstance(field, models.JSONField):
            return None
        raise _bad(field, _("It is empty, and must not be."))
    for kind, read in READERS:
        if isinstance(field, kind):
            said = read(field, value)
            return None if said in ("", {}) and not is_key and _may_be_absent(field) else said
    raise TypeError(f"{field}: nothing says how a {type(field).__name__} is read.")


def is_same(field: "ModelField[Any, Any]", one: Any, other: Any) -> bool:
    """Whether two values of a column say the same. Of references and of what can't be they don't."""
    if isinstance(field, models.ForeignKey | models.AutoField):
        return False
    try:
        return bool(from_column(field, one) == from_column(field, other))
    except BadValue:
        return False


def to_python(field: "ModelField[Any, Any]", value: Json) -> Any:
    """A document's value as the model's field has it; absent text is the empty one."""
    if value is None:
        return "" if isinstance(field, models.CharField | models.TextField) and not field.null else None
    match field:
        case models.DecimalField():
            return Decimal(value)
        case models.DateTimeField():
            return datetime.fromisoformat(value)
        case models.DateField():
            return date.fromisoformat(value)
        case models.TimeField():
            return time.fromisoformat(value)
        case _:
            return value


def text_of(value: Json) -> str:
    """A value as a part of a key."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _may_be_absent(field: "ModelField[Any, Any]") -> bool:
    return field.blank or isinstance(field, models.JSONField)


def _text(field: "ModelField[Any, Any]", value: Any) -> str:
    text = _of_text(field, value)
    if field.max_length is not None and len(text) > field.max_length:
        raise _bad(
            field,
            _("It has %(length)d characters; at most %(most)d fit.") % {"length": len(text), "most": field.max_length},
        )
    return text


def _of_text(field: "ModelField[Any, Any]", value: Any) -> str:
    if not isinstance(value, str) or UNSTORABLE.search(value):
        raise _bad(field, _("It is no text."))
    return value


def _decimal(field: "models.DecimalField[Any, Any]", value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise _bad(field, _("%(value)s is no number. Write it with digits and a full stop, such as 1250.50."), value)
    places, digits = field.decimal_places, field.max_digits
    if len(text.partition(".")[2]) > places:
        raise _bad(
            field,
            _("%(value)s has too many decimals; at most %(most)d fit.") % {"value": _shown(value), "most": places},
        )
    number = Decimal(text)
    if abs(number) >= 10 ** (digits - places):
        raise _bad(field, _("%(value)s is too large."), value)
    return f"{number or abs(number):.{places}f}"


def _integer(field: "models.IntegerField[Any, Any]", value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad(field, _("%(value)s is no whole number."), value)
    least, most = BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()]
    if not least <= value <= most:
        raise _bad(field, _("%(value)s is too large or too small."), value)
    return value


def _boolean(field: "models.BooleanField[Any, Any]", value: Any) -> bool:
    if value not in (0, 1) or isinstance(value, str):
        raise _bad(field, _("%(value)s is neither 1 for yes nor 0 for no."), value)
    return bool(value)


def _day(field: "models.DateField[Any, Any]", value: Any) -> str:
    return str(_when(field, value, DAY, date, _("%(value)s is no date. Example: 2024-12-31.")))


def _clock(field: "models.TimeField[Any, Any]", value: Any) -> str:
    said = _when(field, value, CLOCK, time, _("%(value)s is no time of day. Example: 08:30."))
    return str(said.isoformat("microseconds" if said.microsecond % 1000 else "milliseconds"))


def _instant(field: "models.DateTimeField[Any, Any]", value: Any) -> str:
    said = _when(field, value, INSTANT, datetime, _("%(value)s is no time. Example: 2024-12-31 08:30:00 (UTC)."))
    return f"{said.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _when(field: "ModelField[Any, Any]", value: Any, form: re.Pattern[str], kind: Any, reason: "str | Promise") -> Any:
    if isinstance(value, str) and form.fullmatch(value):
        try:
            return kind.fromisoformat(value)
        except ValueError:
            pass
    raise _bad(field, reason, value)


def _object(field: "models.JSONField[Any, Any]", value: Any) -> dict[str, str]:
    try:
        said = json.loads(_of_text(field, value))
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and all(isinstance(part, str) for part in said.values()):
        return said
    if said is None and value == "null":
        return {}
    raise _bad(field, _('%(value)s isn\'t dimensions with their codes. Example: {"7": "121"}.'), value)


def _bad(field: "ModelField[Any, Any]", reason: "str | Promise", value: Any = None) -> BadValue:
    message = str(reason)
    return BadValue(message % {"value": _shown(value)} if "%(value)s" in message else message, field=str(field.column))


def _shown(value: Any) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


READERS: tuple[tuple[type[Any], Callable[[Any, Any], Json]], ...] = (
    (models.DateTimeField, _instant),  # before DateField, of which it is one
    (models.DateField, _day),
    (models.TimeField, _clock),
    (models.BooleanField, _boolean),
    (models.DecimalField, _decimal),
    (models.JSONField, _object),
    (models.IntegerField, _integer),
    (models.CharField, _text),
    (models.TextField, _text),
)
