"""Somebody who writes registers, by REST alone."""

import json
from typing import Any

from tests.registers.reader import Reader

JSON = "application/json"


class Writer(Reader):
    """Calls with a key that may everything, unless another is given."""

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str) -> Any:
        """POST below `/api/v1/`."""
        return self._send("POST", path, body, headers, query)

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """PUT below `/api/v1/`."""
        return self._send("PUT", path, body, headers, {})

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH below `/api/v1/`."""
        return self._send("PATCH", path, body, {name.replace("_", "-"): said for name, said in headers.items()}, {})

    def follow_to(self, location: str) -> Any:
        """GET an absolute address."""
        return self.client.get(location)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None, query: dict[str, str]) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        sent: dict[str, Any] = {
            "content_type": JSON,
            **({"headers": headers} if headers else {}),
            "query_params": query,
        }
        return self.client.generic(method, f"/api/v1/{path}", data=data, **sent)
