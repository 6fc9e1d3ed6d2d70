"""An integration as tests play it: it keeps a copy of what it fetches, and notices what must never happen."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from information_types import registry, sql
from information_types.definition import InformationType
from revisions import batch, fan_out, receipts
from revisions.models import Queue
from subscriptions.models import Subscription

Name = tuple[str, str]
Line = dict[str, Any]


class Consumer:
    """Fetches without filter, so that sequences must go on without gap; `copy` holds `data` by type and key."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.copy: dict[Name, Line] = {}
        self.last_sequence = 0

    def fetch(self, *, limit: int = 1000) -> list[Line]:
        """Fetch and acknowledge one batch; returns its rows."""
        queue = Queue.objects.get(subscription=self.subscription)
        choice = batch.Choice()
        found = batch.read(subscription=self.subscription, choice=choice, limit=limit)
        lines = [json.loads(row.json) for row in found.rows]
        for line in lines:
            self._apply(line)
        receipt = receipts.issue(subscription=self.subscription, epoch=queue.epoch, batch=found, choice=choice)
        if receipt:
            done = receipts.acknowledge(subscription=self.subscription, receipt=receipt)
            assert done.acknowledged == len(lines)
        return lines

    def fetch_all(self, *, limit: int = 1000) -> list[Line]:
        """Let everything committed be queued, then fetch until nothing is left; returns all rows."""
        fan_out.drain()
        return list(self._until_empty(limit))

    def of_type(self, *types: str) -> dict[Name, Line]:
        """The copy of some types."""
        return {name: line for name, line in self.copy.items() if name[0] in types}

    def _until_empty(self, limit: int) -> Iterator[Line]:
        while lines := self.fetch(limit=limit):
            yield from lines

    def _apply(self, line: Line) -> None:
        assert line["sequence"] == self.last_sequence + 1, "a gap in the sequence"
        self.last_sequence = line["sequence"]
        name = (line["information_type"], name_of(line["key"]))
        before, now = self.copy.get(name), line["data"]
        match line["operation"]:
            case "created":
                assert before is None, f"{name} was created twice"
            case "deleted":
                assert now is None
        self.note(name, before, now)
        if now is None:
            self.copy.pop(name, None)
        else:
            self.copy[name] = now

    def note(self, name: Name, before: Line | None, now: Line | None) -> None:
        """Called with each revision before it is applied; for tests that know how rows may follow each other."""


def name_of(key: Line) -> str:
    """A key as text."""
    return json.dumps(key, sort_keys=True)


def register(*types: str) -> dict[Name, Line]:
    """The registers as they stand, by type and key, as an integration should have them."""
    chosen = [registry.get(name) for name in types] or registry.all_types()
    return {name: line for known in chosen for name, line in _rows(known)}


def _rows(known: InformationType) -> Iterator[tuple[Name, Line]]:
    parts = sql.row_sql(known)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {parts.key}, {parts.data} from {known.model._meta.db_table} r {parts.joins} where {parts.only}"
        )
        for key, data in cursor.fetchall():
            yield (known.name, name_of(json.loads(key))), json.loads(data)


def operations(lines: list[Line]) -> list[tuple[str, str]]:
    """What happened to which type, in order."""
    return [(line["operation"], line["information_type"]) for line in lines]
