"""An integration as it stands outside: it has a key, and knows the outbox by REST alone."""

import json
from typing import Any

from django.test import Client

from subscriptions.models import Subscription
from tests.factories import make_key

NDJSON = "application/x-ndjson"
Line = dict[str, Any]


class Integrator:
    """Calls the API for one subscription, with a key of its application unless another is given."""

    def __init__(self, subscription: Subscription, *, key: str | None = None) -> None:
        self.integration_id = subscription.integration_id
        self.text = key or make_key(application=subscription.application)[1]
        self.client = Client(headers={"Authorization": f"Bearer {self.text}"})

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """GET below `/api/v1/` for this integration."""
        return self.client.get(
            f"/api/v1/{path}", {"integration_id": self.integration_id, **query}, headers=headers or {}
        )

    def post(self, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        """POST JSON below `/api/v1/` for this integration."""
        content = {"integration_id": self.integration_id, **body}
        return self.client.post(f"/api/v1/{path}", content, content_type="application/json", headers=headers or {})

    def pending(self, **query: Any) -> Line:
        """What is queued."""
        return body(self.get("pending", **query))

    def fetch(self, **query: Any) -> Line:
        """A batch as one object."""
        return body(self.get("revisions", **query))

    def fetch_lines(self, **query: Any) -> list[Line]:
        """A batch as lines."""
        answer = self.get("revisions", {"Accept": NDJSON}, **query)
        assert (answer.status_code, answer["Content-Type"]) == (200, NDJSON)
        text = answer.content.decode()
        assert text.endswith("\n")
        return [json.loads(line) for line in text.splitlines()]

    def acknowledge(self, receipt: str | None) -> Line:
        """Send a receipt."""
        return body(self.post("receipts", receipt=receipt))

    def fetch_all(self, **query: Any) -> list[Line]:
        """Fetch and acknowledge until nothing is left; returns all rows."""
        rows: list[Line] = []
        while (batch := self.fetch(**query))["receipt"]:
            assert self.acknowledge(batch["receipt"])["acknowledged"] == len(batch["rows"])
            rows += batch["rows"]
        return rows


def body(answer: Any, status: int = 200) -> Line:
    """The object of an answer with this status."""
    assert answer.status_code == status, answer.content
    found: Line = json.loads(answer.content)
    return found


def sequences(batch: Line) -> list[int]:
    """The sequences of a batch's rows."""
    return [row["sequence"] for row in batch["rows"]]
