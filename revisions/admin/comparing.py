"""A row as it was sent beside the same row as it stands now, field by field."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import capfirst

from access.http.admin.values import shown
from information_types.definition import InformationType
from revisions.admin.rows import field_words
from revisions.admin.story import columns_of


@dataclasses.dataclass(frozen=True)
class Compared:
    """One field: its word, its value then and now; marked where they differ."""

    word: str
    sent: str
    now: str
    is_marked: bool


def compare(known: InformationType, sent: Mapping[str, Any] | None, now: str | None) -> Sequence[Compared]:
    """The fields of what was sent and of the line that stands now, either of which may be missing; without those that
    are empty in both."""
    before, after = sent or {}, json.loads(now) if now else {}
    columns, words = columns_of(known), field_words(known)
    both = bool(before and after)
    found = []
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) is None and after.get(name) is None:
            continue
        sent_text, now_text = (shown(columns.get(name), one.get(name)) if one else "" for one in (before, after))
        is_marked = both and before.get(name) != after.get(name)
        found.append(Compared(str(capfirst(words.get(name, name))), sent_text, now_text, is_marked))
    return found
