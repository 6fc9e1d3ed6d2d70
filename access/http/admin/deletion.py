"""What a deletion would take along, and what stands in its way: looked at without reading whole registers.

Django's own look loads every related row; an account may have a million.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from django.db.models import CASCADE, ForeignObjectRel, Model, QuerySet
from django.db.models.deletion import DO_NOTHING, SET_NULL, get_candidate_relations_to_delete
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_COUNTED = 1_000
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
    _follow(found, model, [row.pk for row in rows])
    return found


def _follow(found: Look, model: type[Model], keys: Sequence[Any]) -> None:
    for relation in cast(Iterator[ForeignObjectRel], get_candidate_relations_to_delete(model._meta)):
        related: type[Model] = relation.related_model
        on_delete = getattr(relation, "on_delete", None)
        count, is_more = _count(relation, keys)
        if not count:
            continue
        if on_delete is CASCADE:
            if related._meta.default_permissions:
                found.counts[str(related._meta.verbose_name_plural)] = _shown(count, is_more)
                found.models.add(related)
            _follow(found, related, list(_keys(relation, keys)))
        elif on_delete not in (SET_NULL, DO_NOTHING):
            found.in_the_way.append(_sentence(related, count, is_more))


def _rows(relation: ForeignObjectRel, keys: Sequence[Any]) -> QuerySet[Any]:
    return relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys})


def _keys(relation: ForeignObjectRel, keys: Sequence[Any]) -> Iterable[Any]:
    return _rows(relation, keys).values_list("pk", flat=True)[:MOST_COUNTED]


def _count(relation: ForeignObjectRel, keys: Sequence[Any]) -> tuple[int, bool]:
    count = _rows(relation, keys)[: MOST_COUNTED + 1].count()
    return min(count, MOST_COUNTED), count > MOST_COUNTED


def _shown(count: int, is_more: bool) -> str:
    shown = str(number_format(count, force_grouping=True))
    return _("more than %(count)s") % {"count": shown} if is_more else shown


def _sentence(related: type[Model], count: int, is_more: bool) -> str:
    if not related._meta.default_permissions:
        return _("What has changed is still kept, for the outbox or the trace.")
    name = related._meta.verbose_name if count == 1 else related._meta.verbose_name_plural
    text = ngettext("%(count)s %(name)s refers to it.", "%(count)s %(name)s refer to it.", count)
    return capfirst(text % {"count": _shown(count, is_more), "name": name})
