"""A revision as people read it: what happened, the key in words, `data` as JSON."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from information_types import registry
from information_types.definition import InformationType
from information_types.sql import Joins
from ledger.models import Company
from revisions.batch import Row

OPERATIONS: Mapping[str, str | Promise] = {
    "created": _("Created"),
    "changed": _("Changed"),
    "deleted": _("Deleted"),
    "transferred": _("Transferred"),
}
# Where a related row's own word for the field would say too little
KEY_WORDS: Mapping[str, str | Promise] = {"financial_year": _("financial year")}


def key_words(known: InformationType) -> list[tuple[str, str]]:
    """The fields of a type's key but for the company, each with its word on screen."""
    joins = Joins(known.model)
    fields = [field for field in known.key_fields if field.name != "company"]
    return [
        (field.name, str(KEY_WORDS.get(field.name) or joins.column(field.path)[1].verbose_name)) for field in fields
    ]


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
