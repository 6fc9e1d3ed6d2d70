"""A batch as bytes: the rows' finished JSON is joined, never parsed."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from revisions.batch import Batch, Row

NDJSON = "application/x-ndjson"


@dataclasses.dataclass(frozen=True)
class Fetched:
    """A batch with what stands around its rows."""

    integration_id: str
    epoch: int
    receipt: str | None
    batch: Batch

    @property
    def rows(self) -> Sequence[Row]:
        """The rows."""
        return self.batch.rows

    def envelope(self) -> str:
        """The JSON object without `rows`."""
        return json.dumps(
            {
                "integration_id": self.integration_id,
                "epoch": self.epoch,
                "receipt": self.receipt,
                "has_more": self.batch.has_more,
                "voucher_complete": self.batch.whole,
                "withheld": self.batch.withheld,
            }
        )


class BatchAsJson(BaseRenderer):
    """One JSON object with all rows."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Fetched, *_args: Any, **_kwargs: Any) -> bytes:
        """Return the object."""
        rows = ",".join([row.json for row in data.rows])
        return f'{data.envelope()[:-1]}, "rows": [{rows}]}}'.encode()


class BatchAsLines(BaseRenderer):
    """One row a line; the last line is the object without rows, also when there are none."""

    media_type = NDJSON
    format = "ndjson"
    charset = None

    def render(self, data: Fetched, *_args: Any, **_kwargs: Any) -> bytes:
        """Return the lines."""
        return "\n".join([*(row.json for row in data.rows), data.envelope(), ""]).encode()


class ByPreference(DefaultContentNegotiation):
    """Chooses what the caller likes best; DRF's own leaves the `q` of an `Accept` out of account."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], *_format: Any, **_formats: Any
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type; raises 406."""
        known = {renderer.media_type: renderer for renderer in renderers}
        accepted = request.headers.get("Accept", "").strip()
        best = request._request.get_preferred_type(list(known)) if accepted else next(iter(known))
        if best is None:
            raise NotAcceptable
        return known[best], best
