"""An entry in words: of what, which fields, from which value to which."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateField, DateTimeField, Field, Model
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from history.models import Change
from history.rights import right_label
from information_types import registry
from information_types.exceptions import UnknownInformationType

# Some of their objects come with the program, which translates their names.
DELIVERED = {"access.accesstemplate", "auth.group"}
MOMENTS = {"replaced_at", "works_until"}
# What entries hold that is no field of the object's
LABELS: dict[str, str | Promise] = {
    "information_types": gettext_lazy("information types"),
    "rows": gettext_lazy("rows"),
    "epoch": gettext_lazy("epoch"),
    "form": gettext_lazy("form"),
    "replaced_at": gettext_lazy("restored"),
    "works_until": gettext_lazy("the old key works until"),
    "recovery_codes_left": gettext_lazy("recovery codes left"),
    "from_address": gettext_lazy("address"),
    "filter": gettext_lazy("filter"),
    "backlog_policy__warn_rows": gettext_lazy("warn at rows"),
    "backlog_policy__warn_hours": gettext_lazy("warn at hours"),
    "backlog_policy__cut_rows": gettext_lazy("cut at rows"),
    "backlog_policy__cut_hours": gettext_lazy("cut at hours"),
    "backlog_policy__people": gettext_lazy("people who are warned"),
}
MOST_SHOWN = 150  # letters of names in a list


@dataclasses.dataclass(frozen=True)
class Line:
    """One field: what it was and what it is, or what was added and what was taken away."""

    label: str
    before: str = ""
    after: str = ""
    added: Sequence[str] = ()
    removed: Sequence[str] = ()


def some_of(names: Sequence[str]) -> str:
    """Return the first of many names, as far as they fit into a list, and how many more there are."""
    lengths = accumulate(len(name) for name in names)
    shown = names[: max(1, sum(length <= MOST_SHOWN for length in lengths))]
    text, more = ", ".join(shown), len(names) - len(shown)
    return _("%(names)s and %(count)s more") % {"names": text, "count": number_format(more)} if more > 0 else text


def model_of(subject: str) -> type[Model] | None:
    """Return the model that a subject names; None for one that is no more."""
    try:
        found: type[Model] = apps.get_model(subject)
    except (LookupError, ValueError):
        return None
    return found


def subject_label(subject: str) -> str:
    """Return what the screens call a kind of object."""
    model = model_of(subject)
    return capfirst(str(model._meta.verbose_name)) if model else subject


def lines_of(change: Change) -> Iterator[Line]:
    """Yield what an entry tells, field by field."""
    model = model_of(change.subject)
    for name, values in change.changes.items():
        field = _field(model, name)
        label = capfirst(str(LABELS.get(name) or (field.verbose_name if field else name)))
        match values:
            case [before, after] if before != after:
                line = Line(label, before=_value(field, name, before), after=_value(field, name, after))
                if line.before or line.after:
                    yield line
            case [_before, _after] if change.kind == Change.Kind.CHANGED and isinstance(_after, str):
                yield Line(label, before=_before, after=_after)
            case dict() as links:
                added, removed = (
                    sorted(_value(field, name, item) for item in links.get(verb, [])) for verb in ("added", "removed")
                )
                yield Line(label, added=added, removed=removed)


def _field(model: type[Model] | None, name: str) -> "Field[Any, Any] | None":
    if model is None:
        return None
    field: Any = None
    try:
        for part in name.split("__"):
            field = (field.related_model if field else model)._meta.get_field(part)
    except (FieldDoesNotExist, AttributeError):
        return None
    return field if hasattr(field, "verbose_name") else None


def _value(field: "Field[Any, Any] | None", name: str, value: Any) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return _("yes") if value else _("no")
        case int():
            return _type_label(value) if name == "information_types" else str(number_format(value, force_grouping=True))
        case str() if name in MOMENTS:
            return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
        case str() if field is not None:
            return _text(field, value)
        case _:
            return str(value)


def object_label(change: Change) -> str:
    """Return what an object was called; what comes with the program is called so in the language in force."""
    return _(change.object_name) if change.subject in DELIVERED and change.object_name else change.object_name


def _text(field: "Field[Any, Any]", value: str) -> str:
    of = field.related_model if field.related_model is not None else field.model if field.name == "name" else None
    if isinstance(of, type) and of._meta.label_lower in DELIVERED:
        return _(value)
    if field.related_model is Permission:
        return right_label(value)
    if field.flatchoices:
        return capfirst(str(dict(field.flatchoices).get(value, value)))
    return _moment(field, value) if isinstance(field, DateField) else value


def _moment(field: "DateField[Any, Any]", value: str) -> str:
    try:
        moment = field.to_python(value)
    except ValidationError:
        return value
    if isinstance(field, DateTimeField):
        return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return date_format(moment, "DATE_FORMAT")


def _type_label(number: int) -> str:
    try:
        return str(registry.by_number(number).label)
    except UnknownInformationType:
        return str(number)
