"""A client as plain as possible, so that the server is what is measured."""

import http.client
import json
import socket
import time
from typing import Any


class Client:
    """One connection, kept open; every request must succeed."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **headers: str) -> bytes:
        """Return the body."""
        return self._request("GET", path, None, headers)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """Send JSON and return the body."""
        return self._request("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def seconds(self, path: str) -> float:
        """How long an answer takes."""
        start = time.perf_counter()
        self.get(path)
        return time.perf_counter() - start

    def _request(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
        return content


class Waiter:
    """A request that was sent and whose answer is awaited."""

    def __init__(self, port: int, key: str, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n".encode())

    def answered(self) -> float:
        """Wait for the first bytes of the answer; return when they came (`perf_counter`)."""
        start = self._socket.recv(65536)
        moment = time.perf_counter()
        if b" 200 " not in start[:20]:
            raise RuntimeError(f"An answer that was waited for: {start[:500]!r}")
        return moment

    def close(self) -> None:
        """Give up."""
        self._socket.close()
