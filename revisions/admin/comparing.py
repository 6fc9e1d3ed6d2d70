"""A row as it was sent beside the same row as it stands now, field by field."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import capfirst

from information_types.definition import InformationType
from revisions.admin.rows import key_words
from revisions.admin.story import columns_of, shown


@dataclasses.dataclass(frozen=True)
class Compared:
    """One field: its word, its value then and now; marked where they differ."""

    word: str
    sent: str
    now: str
    is_marked: bool


def compare(known: InformationType, sent: Mapping[str, Any] | None, now: str | None) -> Sequence[Compared]:
    """The fields of what was sent and of the line that stands now, either of which may be missing."""
    before, after = sent or {}, json.loads(now) if now else {}
    columns, words = columns_of(known), dict(key_words(known))
    both = bool(before and after)
    found = []
    for name in dict.fromkeys([*before, *after]):
        column = columns.get(name)
        word = words.get(name) or (name if column is None else str(column.verbose_name))
        values = [shown(column, one.get(name)) if one else "" for one in (before, after)]
        found.append(Compared(str(capfirst(word)), *values, is_marked=both and before.get(name) != after.get(name)))
    return found
