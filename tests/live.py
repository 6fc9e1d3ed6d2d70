"""The web application on a port of this process, in an event loop of its own, over the test's database."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.db import connections

from config.asgi import application
from revisions.api.waiting import Exchange


class Server:
    """A running server: where it is, and who waits in it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Start, and return when it listens."""
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it and wait for its end."""
        self._server.should_exit = True
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the server did not stop"

    def waiting(self) -> int:
        """How many requests wait for news."""
        exchange = None if self._loop is None else Exchange.of_loop.get(self._loop)
        return sum(len(waiters) for waiters in exchange.waiters.values()) if exchange else 0

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])


@contextmanager
def live_server() -> Iterator[Server]:
    """A server for as long as the block lasts; its connections end with their requests, as with the pool it has."""
    database = connections.settings["default"]
    kept, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        database["CONN_MAX_AGE"] = kept
