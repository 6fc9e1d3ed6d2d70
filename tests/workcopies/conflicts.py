"""Conflicts for tests, made past check-in: a document as it is here, and what the other sides have otherwise."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from ledger.models import Company
from tests import factories
from workcopies.documents.document import Document, key_text
from workcopies.documents.kinds import kind_of
from workcopies.documents.merging import merge
from workcopies.documents.theirs import read_theirs
from workcopies.models import CheckIn, Conflict, WorkingCopy


def make_copy(*companies: Company, name: str = "Bokslut", **fields: Any) -> WorkingCopy:
    """A working copy that is out."""
    by = fields.pop("made_by", None) or factories.UserFactory.create()
    copy = WorkingCopy.objects.create(
        name=name,
        made_by=by,
        made_by_name=by.username,
        made_at=timezone.now(),
        status=WorkingCopy.Status.OUT,
        **fields,
    )
    copy.companies.set(companies)
    return copy


def make_check_in(copy: WorkingCopy, **fields: Any) -> CheckIn:
    """One of its file, that is done."""
    return CheckIn.objects.create(
        working_copy=copy,
        by=copy.made_by,
        by_name=copy.made_by_name,
        via="admin",
        name=f"{copy.name}.utkorg",
        status=CheckIn.Status.DONE,
        finished_at=timezone.now(),
        **fields,
    )


def document_of(row: Model) -> Document:
    """A document as it is here now."""
    kind = kind_of(type(row))
    key = tuple(str(_at(row, part.path)) for part in kind.key)
    return read_theirs([(kind.register, key)])[kind.register, key]


def with_values(document: Document, values: Mapping[Any, Any]) -> Document:
    """A document with other values: fields by name, rows by number, None for a row that isn't there."""
    rows = dict(document.rows or {})
    for name, row in values.items():
        if isinstance(name, int) and row is None:
            rows.pop(name, None)
        elif isinstance(name, int):
            rows[name] = {**(rows.get(name) or next(iter(rows.values()))), **row}
    fields = {**document.fields, **{name: value for name, value in values.items() if isinstance(name, str)}}
    return dataclasses.replace(document, fields=fields, rows=None if document.rows is None else rows)


def make_conflict(
    theirs: Model | Document,
    *,
    base: Mapping[Any, Any] | None = None,
    mine: Mapping[Any, Any] | None = None,
    is_deleted_here: bool = False,
    copy: WorkingCopy | None = None,
    **fields: Any,
) -> Conflict:
    """A conflict over what is here: `base` and `mine` say what they have otherwise; without `mine` it is deleted."""
    here = theirs if isinstance(theirs, Document) else document_of(theirs)
    company = Company.objects.get(number=here.company)
    was = with_values(here, base or {})
    ours = None if mine is None else with_values(was, mine)
    outcome = merge(was, ours, was, None if is_deleted_here else here)
    copy = copy or make_copy(company)
    sides = {"base": outcome.base, "mine": outcome.mine, "theirs": outcome.theirs}
    return Conflict.objects.create(
        **{
            "working_copy": copy,
            "check_in": copy.check_ins.order_by("-pk").first() or make_check_in(copy),
            "company": company,
            "information_type": here.information_type,
            "register": here.register,
            "copy_key": key_text(here.key),
            "key": here.named_key,
            "mine_in_copy": ours and ours.as_json(),
            "fields": {name: difference.as_json() for name, difference in outcome.fields.items()},
            **{name: side and side.as_json() for name, side in sides.items()},
            **fields,
        }
    )


def _at(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
