"""Finding a row's revisions: the pages that its key's index names, and those that the index hasn't come to."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from information_types.definition import InformationType
from information_types.schema import key_schema
from revisions.trace.numberings import KEY
from revisions.trace_index import KEY_TEXT, handle_parts
from revisions.triggers import PAGE_ROWS

MOST_PAGES = 50
MOST_RECENT_NUMBERINGS = 500
MOST_RECENT_PAGES = 500


# Newest change set first, within one in the order of its rows; a cursor is the last set and row that were seen.
_BEYOND_CURSOR = "({set} < %(set)s or {set} = %(set)s and {row} > %(row)s)"

PAGES = f"""
    with state as (select numbering_id from revisions_tracestate),
    recent as materialized (
        select id, sets from revisions_numbering where id > (select numbering_id from state)
        order by id desc limit {MOST_RECENT_NUMBERINGS}
    ),
    recent_sets as (
        select listed.id, recent.id as numbering_id from recent cross join lateral unnest(recent.sets) as listed (id)
        union all
        select id, null from revisions_changeset
        where not fanned_out and id > coalesce((select floor from revisions_fanoutstate), 0)
    ),
    recent_pages as (
        select page.change_set_id, page.first_row, recent_sets.numbering_id
        from recent_sets
        cross join lateral (
            select id from revisions_changeset
            where id = recent_sets.id and information_type = %(type)s and company_id = %(company)s offset 0
        ) changed
        join revisions_revisionpage page on page.change_set_id = changed.id
        where {_BEYOND_CURSOR.format(set="page.change_set_id", row=f"page.first_row + {PAGE_ROWS} - 1")}
        order by 1 desc, 2 limit {MOST_RECENT_PAGES}
    ),
    indexed_pages as (
        select change_set_id, first_row, numbering_id from revisions_tracedkey
        where key = {KEY}
          and {_BEYOND_CURSOR.format(set="change_set_id", row=f"first_row + {PAGE_ROWS} - 1")}
        order by 1 desc, 2 limit {MOST_PAGES}
    )
    select change_set_id, first_row, numbering_id, true from indexed_pages
    union
    select change_set_id, first_row, numbering_id, false from recent_pages
    order by 1 desc, 2
"""

ROWS = """
    select changed.id, split.row, candidate.numbering_id, changed.information_type, changed.company_id,
        company.number, changed.operation, changed.changed_at, changed.fanned_out, changed.origin_id, application.name,
        split.line
    from unnest(%(sets)s::bigint[], %(first_rows)s::int[], %(numberings)s::bigint[])
        as candidate (change_set_id, first_row, numbering_id)
    join revisions_changeset changed on changed.id = candidate.change_set_id
    join revisions_revisionpage page
        on page.change_set_id = candidate.change_set_id and page.first_row = candidate.first_row
    join ledger_company company on company.id = changed.company_id
    left join access_application application on application.id = changed.origin_id
    cross join lateral (
        select page.first_row + place - 1 as row, line
        from string_to_table(page.lines, e'\\n') with ordinality as lines (line, place)
        cross join (select %(beyond)s::text as beyond) known
        where {condition}
    ) split
    order by changed.id desc, split.row limit %(limit)s
"""
_KEY_MATCHES = f"""
    changed.information_type = %(type)s and changed.company_id = %(company)s
    and {_BEYOND_CURSOR.format(set="changed.id", row="page.first_row + place - 1")}
    and (select bool_and(position(needle in ({KEY_TEXT}) || ',') > 0) from unnest(%(needles)s::text[]) needle)
"""
ROWS_OF_KEY = ROWS.format(condition=_KEY_MATCHES)
ROW = ROWS.format(condition="page.first_row + place - 1 = %(row)s")


@dataclasses.dataclass(frozen=True)
class Hit:
    """One row of a change set, and the numbering that gave it its sequences."""

    change_set: int
    row: int
    numbering: int | None
    information_type: int
    company_id: int
    company: str
    operation: str
    changed_at: datetime
    fanned_out: bool
    origin_id: int | None
    origin: str | None
    line: str

    def numbered(self, numbering: int | None) -> "Hit":
        """The same, once its numbering is known."""
        return dataclasses.replace(self, numbering=numbering)


@dataclasses.dataclass(frozen=True)
class Hits:
    """Rows that match, the set and row to go on after (None: that was all), and whether there were too many to see."""

    rows: Sequence[Hit]
    next: tuple[int, int] | None
    behind: bool


class Hunt:
    """A search for rows by parts of their key."""

    def __init__(self, information_type: InformationType, company: int, key: Mapping[str, str]) -> None:
        tokens = {name: _token(information_type, name, value) for name, value in key.items()}
        self.is_hopeless = None in tokens.values()
        self._parameters = {
            "type": information_type.number,
            "company": company,
            "handle": tokens[information_type.handle],
            "needles": [f',"{name}":{token},' for name, token in tokens.items()],
            "beyond": handle_parts(information_type)[0],
        }

    def find(self, *, after: tuple[int, int] | None, limit: int) -> Hits:
        """The matching rows after a cursor; it may be that none are found here and that more follow."""
        cursor = {"set": 2**62, "row": 0} if after is None else {"set": after[0], "row": after[1]}
        parameters = {**self._parameters, **cursor, "limit": limit + 1}
        pages = _fetch(PAGES, parameters)
        behind = sum(not indexed for *_page, indexed in pages) >= MOST_RECENT_PAGES
        places = [place for place, page in enumerate(pages) if page[3]]
        more = len(places) >= MOST_PAGES
        if more:
            del pages[places[-1] + 1 :]  # they come after pages that weren't read
        rows = _hits(ROWS_OF_KEY, parameters, pages)
        if len(rows) > limit:
            return Hits(rows[:limit], (rows[limit - 1].change_set, rows[limit - 1].row), behind)
        return Hits(rows, (pages[-1][0], pages[-1][1] + PAGE_ROWS - 1) if more else None, behind)


def indexed_key(information_type: InformationType, hit: Hit) -> dict[str, Any]:
    """What the index knows a row by: the parameters of `KEY`."""
    key = key_of(information_type, hit)
    handle = _token(information_type, information_type.handle, str(key[information_type.handle]))
    return {"type": hit.information_type, "company": hit.company_id, "handle": handle}


def row(change_set: int, number: int) -> Hit | None:
    """One row of a change set."""
    page = (change_set, (number - 1) // PAGE_ROWS * PAGE_ROWS + 1, None)
    found = _hits(ROW, {"row": number, "beyond": "", "limit": 1}, [page])
    return found[0] if found else None


def key_of(information_type: InformationType, hit: Hit) -> dict[str, Any]:
    """A row's key; of a deletion that is all there is."""
    values = json.loads(hit.line)
    return {name: values[name] for name in information_type.key}


def _token(information_type: InformationType, name: str, value: str) -> str | None:
    """A key's value as it stands in a line; None where no row can have it."""
    if key_schema(information_type)["properties"][name]["type"] != "integer":
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if value.isdecimal() else None


def _hits(query: str, parameters: dict[str, Any], pages: Sequence[Any]) -> list[Hit]:
    sets, first_rows, numberings = ([page[place] for page in pages] for place in range(3))
    found = _fetch(query, {**parameters, "sets": sets, "first_rows": first_rows, "numberings": numberings})
    return [Hit(*values) for values in found]


def _fetch(query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
