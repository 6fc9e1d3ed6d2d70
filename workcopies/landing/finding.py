"""What documents refer to, found by natural key: many in one query, each once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from workcopies.documents.kinds import Key, Kind, kind_of, kinds_by_register

AT_ONCE = 500


class Finder:
    """Rows of the server by register and natural key, as far as somebody asked for them."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Key], Model | None] = {}

    def prepare(self, wanted: Iterable[tuple[str, Key]]) -> None:
        """Read what isn't known yet, a query for each register and company."""
        groups: defaultdict[tuple[str, str], set[Key]] = defaultdict(set)
        for register, key in wanted:
            if (register, key) not in self._rows:
                groups[register, key[0]].add(key)
        for (register, _company), keys in groups.items():
            self._rows.update(dict.fromkeys(((register, key) for key in keys), None))
            for row in _read(kinds_by_register()[register], sorted(keys)):
                self.add(row)

    def get(self, register: str, key: Key) -> Model | None:
        """The row of a key, None if there is none."""
        if (register, key) not in self._rows:
            self.prepare([(register, key)])
        return self._rows[register, key]

    def add(self, row: Model) -> Key:
        """Let a row be found; returns its key."""
        kind = kind_of(type(row))
        key = key_of(kind, row)
        self._rows[kind.register, key] = row
        return key

    def forget(self, register: str, key: Key) -> None:
        """Look again when somebody asks."""
        self._rows.pop((register, key), None)


def key_of(kind: Kind, row: Model) -> Key:
    """The natural key of a row that was read with what its key is made of."""
    return tuple(_text(_value(row, part.path)) for part in kind.key)


def _read(kind: Kind, keys: list[Key]) -> Iterator[Model]:
    hops = {part.path.rpartition("__")[0] for part in kind.key} - {""}
    every = kind.model._base_manager.select_related(*hops) if hops else kind.model._base_manager.all()
    for start in range(0, len(keys), AT_ONCE):
        # Each part among those asked for, which is little more than the keys themselves; who asks picks from it.
        among = {
            f"{part.path}__in": {value for text in texts if (value := _python(part.field, text)) is not None}
            for part, texts in zip(kind.key, zip(*keys[start : start + AT_ONCE], strict=True), strict=True)
        }
        yield from every.filter(**among)


def _python(field: Any, text: str) -> Any:
    try:
        return field.to_python(text)
    except ValidationError:
        return None


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
