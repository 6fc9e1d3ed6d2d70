"""What a deletion would take along, and what stands in its way: looked at without reading whole registers.

Django's own look loads every related row; an account may have a million.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CASCADE, ForeignObjectRel, Model, Q, QuerySet, Value
from django.db.models.deletion import DO_NOTHING, SET_NULL, get_candidate_relations_to_delete
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_COUNTED = 250
MOST_AT_ONCE = 1_000


@dataclasses.dataclass
class Look:
    """What was found: counts by the name of what goes along, and sentences on what is in the way."""

    rows: Sequence[Model]
    counts: dict[str, int | str]
    in_the_way: list[str]
    models: set[type[Model]]


def look(chosen: QuerySet[Any] | Sequence[Model], model: type[Model]) -> Look:
    """Look at a deletion of some rows of one model."""
    rows = list(chosen[: MOST_AT_ONCE + 1])
    found = Look(rows[:MOST_AT_ONCE], {str(model._meta.verbose_name_plural): len(rows)}, [], {model})
    if len(rows) > MOST_AT_ONCE:
        most = number_format(MOST_AT_ONCE, force_grouping=True)
        found.in_the_way.append(_("More than %(most)s rows are chosen. Choose fewer.") % {"most": most})
        return found
    relations = list(_relations(model, Q(pk__in=[row.pk for row in rows])))
    for relation, count in zip(relations, _counts(relations), strict=True):
        _note(found, relation, count)
    return found


@dataclasses.dataclass
class _Relation:
    """Rows that refer to what is deleted, and what becomes of them."""

    model: type[Model]
    rows: QuerySet[Any]
    goes_along: bool
    is_found_fast: bool


def _relations(model: type[Model], which: Q) -> Iterator[_Relation]:
    """Yield what refers to the rows, and to what goes along with them; rows of the rows are asked for by subquery."""
    for relation in cast(Iterator[ForeignObjectRel], get_candidate_relations_to_delete(model._meta)):
        on_delete = getattr(relation, "on_delete", None)
        if on_delete in (SET_NULL, DO_NOTHING):
            continue
        related: type[Model] = relation.related_model
        keys = model._base_manager.filter(which).values("pk")
        rows = related._base_manager.filter(**{f"{relation.field.name}__in": keys})
        yield _Relation(related, rows, on_delete is CASCADE, _is_indexed(relation))
        if on_delete is CASCADE:
            yield from _relations(related, Q(**{f"{relation.field.name}__in": keys}))


def _is_indexed(relation: ForeignObjectRel) -> bool:
    field, options = relation.field, relation.related_model._meta
    listed = [*options.indexes, *options.constraints]
    firsts = {options.pk_fields[0].name, *(each.fields[0] for each in listed if getattr(each, "fields", ()))}
    return getattr(field, "db_index", False) or field.name in firsts


def _counts(relations: Sequence[_Relation]) -> list[int]:
    """Count each up to a bound, all in one query; what no index finds only where nothing else is in the way."""
    fast = iter(_counted([each.rows for each in relations if each.is_found_fast]))
    counts = [next(fast) if each.is_found_fast else 0 for each in relations]
    if any(count and not each.goes_along for each, count in zip(relations, counts, strict=True)):
        return counts
    slow = iter(_counted([each.rows for each in relations if not each.is_found_fast], bound=1))
    return [count if each.is_found_fast else next(slow) for each, count in zip(relations, counts, strict=True)]


def _counted(all_rows: Sequence[QuerySet[Any]], *, bound: int = MOST_COUNTED + 1) -> list[int]:
    parts: list[str] = []
    parameters: list[Any] = []
    for rows in all_rows:
        try:
            sql, given = rows.order_by().annotate(one=Value(1)).values("one")[:bound].query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(select count(*) from ({sql}) as found)")
        parameters += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts)}", parameters)
        return list(cursor.fetchone())


def _note(found: Look, relation: _Relation, count: int) -> None:
    model, is_more = relation.model, count > MOST_COUNTED
    if not count:
        return
    if not relation.goes_along:
        found.in_the_way.append(_sentence(model, min(count, MOST_COUNTED), is_more))
    elif model._meta.default_permissions:
        found.counts[str(model._meta.verbose_name_plural)] = _shown(min(count, MOST_COUNTED), is_more)
        found.models.add(model)


def _shown(count: int, is_more: bool) -> str:
    shown = str(number_format(count, force_grouping=True))
    return _("more than %(count)s") % {"count": shown} if is_more else shown


def _sentence(related: type[Model], count: int, is_more: bool) -> str:
    if not related._meta.default_permissions:
        return _("What has changed is still kept, for the outbox or the trace.")
    name = related._meta.verbose_name if count == 1 else related._meta.verbose_name_plural
    text = ngettext("%(count)s %(name)s refers to it.", "%(count)s %(name)s refer to it.", count)
    return capfirst(text % {"count": _shown(count, is_more), "name": name})
