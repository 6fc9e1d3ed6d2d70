"""A revision as people read it: what happened, the key in words, `data` as JSON."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from information_types import registry
from information_types.definition import Field, InformationType, Reference
from information_types.sql import Joins, foreign_key, target_of
from ledger.models import Company
from revisions.batch import Row

OPERATIONS: Mapping[str, str | Promise] = {
    "created": _("Created"),
    "changed": _("Changed"),
    "deleted": _("Deleted"),
    "transferred": _("Transferred"),
}


def key_words(known: InformationType) -> list[tuple[str, str]]:
    """The fields of a type's key but for the company, each with its word on screen."""
    return [(field.name, _word(known, field)) for field in known.key_fields if field.name != "company"]


def field_words(known: InformationType) -> dict[str, str]:
    """The fields of a type's `data`, each with its word on screen: what refers to another row is called what it refers
    to, and of two that would be called the same the one of the row's unit says so."""
    found = {
        field.name: _hop_word(known, field.fields[0].path.split("__")[:1])
        if isinstance(field, Reference)
        else _word(known, field)
        for field in known.fields
    }
    for field in known.plain_fields:
        if field.path.split("__")[0] == known.unit and list(found.values()).count(found[field.name]) > 1:
            found[field.name] = f"{found[field.name]} ({_hop_word(known, [known.unit])})"
    return found


def _word(known: InformationType, field: Field) -> str:
    *hops, _last = field.path.split("__")
    if hops and hops != [known.unit]:
        return _hop_word(known, hops)
    return str(Joins(known.model).column(field.path)[1].verbose_name)


def _hop_word(known: InformationType, hops: Sequence[str]) -> str:
    model, word = known.model, ""
    for hop in hops:
        word, model = str(foreign_key(model, hop).verbose_name), target_of(model, hop)
    return word


def pretty(value: Any) -> str:
    """JSON as people read it: the same names, order and values, a line each."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@dataclasses.dataclass(frozen=True)
class Line:
    """One queued row for a page."""

    row: Row
    company_name: str

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the integration gets."""
        found: dict[str, Any] = json.loads(self.row.json)
        return found

    @cached_property
    def information_type(self) -> InformationType:
        """What kind of row it is."""
        return registry.by_number(self.row.information_type)

    @property
    def key(self) -> list[tuple[str, Any]]:
        """The key's fields in words."""
        return [(word, self.content["key"][name]) for name, word in key_words(self.information_type)]

    @property
    def operation(self) -> str | Promise:
        """What happened to it."""
        return OPERATIONS[self.content["operation"]]

    @property
    def changed_at(self) -> datetime:
        """When."""
        return self.row.changed_at

    @property
    def json(self) -> str:
        """The row as the integration gets it."""
        return pretty(self.content)


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """Rows for a page, with the names of their companies."""
    found = list(rows)
    names = dict(Company.objects.filter(pk__in={row.company_id for row in found}).values_list("pk", "name"))
    return [Line(row, names.get(row.company_id, "")) for row in found]
