"""A document's values as the services take them: Python's own, and the rows that are referred to."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from workcopies.documents.kinds import Content, Json, kind_of
from workcopies.landing.finding import Finder
from workcopies.landing.refusing import Refused


def values_of(
    fields: Mapping[str, Json], known: Mapping[str, Content], *, company: str, finder: Finder
) -> dict[str, Any]:
    """The values by the names of the model's fields. Raises `Refused`, or `ValidationError` at the field."""
    return {
        known[name].field.name: _value(known[name], value, company=company, finder=finder)
        for name, value in fields.items()
        if name in known
    }


def _value(content: Content, value: Json, *, company: str, finder: Finder) -> Any:
    if value is None:
        return None
    if content.target is None:
        try:
            return content.field.to_python(value)
        except ValidationError as error:
            raise ValidationError({content.field.name: error}) from error
    kind = kind_of(content.target)
    key = kind.referred(company, value, fixed=content.fixed)
    row = finder.get(kind.register, key)
    if row is None:
        what = capfirst(str(content.field.verbose_name))
        text = _("%(field)s: there is no %(key)s in the register any more, or it did not land.")
        raise Refused(text % {"field": what, "key": " ".join(key[1:])}, code="unknown_reference")
    return row
