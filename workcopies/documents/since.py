"""What only the server changed since a copy was checked out: what stays, whatever the copy says.

Read from the captured change sets whose transactions the copy's snapshot hasn't, and then compared with the copy: a set
may tell of nothing that a document says. What no information type shows is compared row by row where there is little of
it.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from information_types import registry, sql
from information_types.definition import InformationType
from revisions.installation import installation
from revisions.models import ChangeSet
from workcopies.documents.document import Document
from workcopies.documents.kinds import Json, Key, Kind, all_kinds, kind_of, kinds_by_register
from workcopies.documents.mine import Mine
from workcopies.documents.theirs import Named, read_theirs
from workcopies.documents.values import text_of
from workcopies.file.manifest import Manifest

MOST_SHOWN = 1000
MOST_PAGES = 200
# How long before the check-out a transaction may have begun that was committed after it
MARGIN = timedelta(hours=1)
CREATED = ChangeSet.Operation.CREATED.value

SETS = """
    select {what}
    from revisions_changeset changed
    join ledger_company company on company.id = changed.company_id
    {pages}
    where company.number = any(%(companies)s) and information_type = any(%(types)s) and operation <> 't'
      and (changed.id > %(position)s or changed.changed_at >= %(margin)s and {unseen})
"""
# A set of a lower number may have been committed after the check-out.
UNSEEN = "not pg_visible_in_snapshot(changed.transaction::text::xid8, %(snapshot)s::pg_snapshot)"
PAGES = "join revisions_revisionpage page on page.change_set_id = changed.id"


@dataclasses.dataclass(frozen=True)
class ChangedThere:
    """A document that only the server changed: `created`, `changed` or `deleted`."""

    register: str
    key: Key
    operation: str

    @property
    def kind(self) -> Kind:
        """What it is."""
        return kinds_by_register()[self.register]

    @property
    def information_type(self) -> str:
        """What reports call it."""
        return self.kind.name_of(self.key)

    @property
    def named_key(self) -> dict[str, Json]:
        """Its key as reports have it."""
        return self.kind.named_key(self.key)


@dataclasses.dataclass(frozen=True)
class Since:
    """What only the server changed: the first documents, and how many rows it wrote at all, at most.

    `is_known` is false where the change sets of the time don't go back so far any more; `is_complete` where there are
    more documents than are named.
    """

    documents: tuple[ChangedThere, ...]
    rows: int
    is_known: bool
    is_complete: bool


def changed_there(manifest: Manifest, mine: Mine) -> Since:
    """Read what only the server changed since the copy was checked out; its file must still be open."""
    types = [known for known in registry.all_types() if _kind(known).register in manifest.tables]
    values = {
        "companies": list(manifest.companies),
        "types": [known.number for known in types],
        "position": manifest.position,
        "margin": manifest.made_at - MARGIN,
        "snapshot": manifest.snapshot,
    }
    # Transactions have other numbers in a database that was restored.
    unseen = UNSEEN if manifest.snapshot and manifest.epoch == installation().epoch else "true"
    # One more than is read tells whether there are more.
    some = SETS.format(what="information_type, operation, lines", pages=PAGES, unseen=unseen)
    pages = list(_query(f"{some} order by changed.id limit {MOST_PAGES + 1}", values))
    counted = SETS.format(what="coalesce(sum(row_count), 0)::bigint", pages="", unseen=unseen)
    ((rows,),) = _query(counted, values)
    captured = _captured(pages[:MOST_PAGES])
    found = list(_compared([*captured, *_small(manifest)], captured, mine, manifest))
    return Since(
        documents=tuple(found[:MOST_SHOWN]),
        rows=rows,
        is_known=_is_known(manifest),
        is_complete=len(pages) <= MOST_PAGES and len(found) <= MOST_SHOWN,
    )


def _is_known(manifest: Manifest) -> bool:
    """Change sets are kept for a time, and one database's positions are no other's."""
    kept = timedelta(days=settings.UTKORG_TRACE_DAYS)
    return manifest.made_at > timezone.now() - kept and manifest.epoch == installation().epoch


def _captured(pages: Iterable[tuple[int, str, str]]) -> dict[Named, set[str]]:
    """The documents that change sets tell of, with what was done of them."""
    found: dict[Named, set[str]] = {}
    for number, operation, lines in pages:
        known = registry.by_number(number)
        kind = _kind(known)
        for line in lines.split("\n"):
            values = {**json.loads(line), **known.only}
            name = kind.register, tuple(text_of(values[part.name]) for part in kind.key)
            found.setdefault(name, set()).add(operation)
    return found


def _small(manifest: Manifest) -> Iterator[Named]:
    """Yield what the server has of registers that no information type shows, where there is little of it."""
    for kind in all_kinds():
        if kind.types or kind.is_read_only or kind.register not in manifest.tables:
            continue
        rows = kind.model._default_manager.filter(**{f"{kind.key[0].path}__in": manifest.companies})
        keys = list(rows.order_by("pk").values_list(*(part.path for part in kind.key))[: MOST_SHOWN + 1])
        if len(keys) <= MOST_SHOWN:
            yield from ((kind.register, tuple(map(str, key))) for key in keys)


def _compared(
    names: list[Named], captured: Mapping[Named, set[str]], mine: Mine, manifest: Manifest
) -> Iterator[ChangedThere]:
    changed = {(change.register, change.key) for change in mine.changes}
    names = [name for name in names if name not in changed]
    ours, theirs = mine.unchanged(names), read_theirs(names)
    for name in names:
        before, after = ours.get(name), theirs.get(name)
        if before is None and not _would_be_held(name, captured.get(name, set()), manifest):
            continue
        if operation := _operation(before, after):
            yield ChangedThere(*name, operation)


def _would_be_held(name: Named, operations: set[str], manifest: Manifest) -> bool:
    """Whether a document that the copy lacks would be in it, had it been there: not where only some years are."""
    register, key = name
    if kinds_by_register()[register].rows:
        years = manifest.years.get(key[0])
        return years is None or key[1] in {day.isoformat() for day in years}
    return CREATED in operations or not operations


def _operation(before: Document | None, after: Document | None) -> str | None:
    if before is None or after is None:
        return None if before is after else "created" if before is None else "deleted"
    return None if before.says_as(after) else "changed"


def _kind(known: InformationType) -> Kind:
    return kind_of(sql.target_of(known.model, known.unit) if known.unit else known.model)


def _query(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
