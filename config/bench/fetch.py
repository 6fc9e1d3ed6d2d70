"""Fetching and acknowledging over HTTP, beside the same rows through DRF's serializers."""

import json
import time
from collections.abc import Iterator
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from config.bench.books import Writer
from config.bench.figures import Figure, interleaved
from config.bench.http import Client
from config.bench.sizes import Sizes
from config.bench.subscribers import Subscribers
from information_types import registry
from information_types.definition import Field
from ledger.models import LedgerEntry
from revisions import fan_out

BATCH_ROWS = 5_000
NDJSON = "application/x-ndjson"
LEDGER_ENTRIES = registry.get("ledger_entries")
RELATED = ("voucher__company", "voucher__financial_year", "account", "cost_centre", "project", "object")


class EntrySerializer(serializers.ModelSerializer[LedgerEntry]):
    """A ledger entry's `data` as DRF would make it."""

    class Meta:
        model = LedgerEntry
        fields = [field.name for field in LEDGER_ENTRIES.plain_fields if "__" not in field.path]

    def get_fields(self) -> dict[str, Any]:
        """The model's own fields, and those of the rows that it refers to."""
        return super().get_fields() | {
            field.name: _related(field) for field in LEDGER_ENTRIES.plain_fields if "__" in field.path
        }


def _related(field: Field) -> Any:
    source = field.path.replace("__", ".")
    if field.path.endswith(("_date", "_day", "_on")):
        return serializers.DateField(source=source)
    return serializers.CharField(source=source, default=None)


def measure(sizes: Sizes, subscribers: Subscribers, client: Client) -> Iterator[Figure]:
    """Rows a second by batches of 5 000, acknowledged; both measured batch by batch."""
    integration_id = subscribers.many[0].integration_id
    subscribers.activate(1)
    writer = Writer()

    def fetch() -> float:
        for _statement in range(BATCH_ROWS // 1_000):
            writer.statement()
        fan_out.drain()
        start = time.perf_counter()
        rows = acknowledge_batch(client, integration_id)
        return rows / (time.perf_counter() - start)

    def serialize() -> float:
        start = time.perf_counter()
        entries = LedgerEntry.objects.select_related(*RELATED, "management_area").order_by("voucher", "row")
        body = JSONRenderer().render(EntrySerializer(entries[:BATCH_ROWS], many=True).data)
        seconds = time.perf_counter() - start
        return len(json.loads(body)) / seconds

    serialized, fetched = interleaved(sizes.batches, baseline=serialize, figure=fetch)
    yield Figure(
        name="fetch_and_acknowledge_5000",
        value=fetched,
        unit="rows/s",
        baseline="the same rows through DRF serializers, in this process and without HTTP",
        baseline_value=serialized,
        goal=10,
    )


def acknowledge_batch(client: Client, integration_id: str) -> int:
    """Fetch a batch as NDJSON, read its last line only, and send the receipt; return how many rows went."""
    path = f"/api/v1/revisions?integration_id={integration_id}&limit={BATCH_ROWS}"
    body = client.get(path, Accept=NDJSON)
    end = json.loads(body[body.rindex(b"\n", 0, len(body) - 1) :] if b"\n" in body[:-1] else body)
    if end["receipt"] is None:
        return 0
    answer = client.post("/api/v1/receipts", {"integration_id": integration_id, "receipt": end["receipt"]})
    acknowledged: int = json.loads(answer)["acknowledged"]
    return acknowledged
