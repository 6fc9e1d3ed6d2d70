"""The mail server in a thread of the tests' process, on a port of its own, with limits that a test chooses."""

import asyncio
import contextlib
import dataclasses
import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from inbox.mail_server.certificates import Certificate
from inbox.mail_server.limits import Limits, networks
from inbox.mail_server.server import MailServer

LIMITS = Limits(
    message=1024 * 1024,
    memory=64 * 1024 * 1024,
    connections=50,
    connections_per_address=50,
    messages_per_minute=10_000,
    trusted=networks(["127.0.0.1"]),
)


class Running:
    """A server that runs; `stop` may be called again."""

    def __init__(self, *, certificate: Certificate | None = None, tls_required: bool = False, **limits: Any) -> None:
        self._server = MailServer(dataclasses.replace(LIMITS, **limits), certificate, tls_required=tls_required)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.port = self._do(self._server.start("127.0.0.1", 0))

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def stop(self, seconds: float = 5) -> None:
        """Stop in order."""
        if self._thread.is_alive():
            self._do(self._server.stop(seconds))
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()

    def client(self) -> smtplib.SMTP:
        """A real client that is connected."""
        return smtplib.SMTP("127.0.0.1", self.port, timeout=30)

    def talk(self) -> "Talk":
        """A client that says what no real one would."""
        return Talk(self.port)


class Talk:
    """A connection, line by line."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self._socket.makefile("rb")

    def hear(self) -> str:
        """The next reply's last line; empty at the end of the connection."""
        while True:
            try:
                line = self._file.readline().decode().strip()
            except ConnectionResetError:
                return ""
            if line[3:4] != "-":
                return line

    def say(self, line: bytes | str) -> str:
        """Say a line, and return the reply."""
        text = line.encode() if isinstance(line, str) else line
        self.send(text + b"\r\n")
        return self.hear()

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(content)

    def begin(self, recipient: object, sender: str = "invoice@supplier.se") -> str:
        """Greet, and say everything up to the message itself; returns the reply to DATA."""
        self.hear()
        self.say("EHLO client.example")
        self.say(f"MAIL FROM:<{sender}>")
        self.say(f"RCPT TO:<{recipient}>")
        return self.say("DATA")

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Running]:
    """A server for as long as a test needs it."""
    server = Running(**options)
    try:
        yield server
    finally:
        server.stop()
