"""A connection, as aiosmtpd speaks it, where it holds too much, says too much or takes less than invoices need."""

import asyncio
import collections
import contextlib
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from inbox.mail_server.limits import Visitors
from inbox.receiving import Delivery

if TYPE_CHECKING:
    from inbox.mail_server.handler import Handler

END = b"\r\n.\r\n"
LONGEST_COMMAND = 2048
PIECE = 65_536

__all__ = ["Letter", "MailProtocol", "Reply", "Session"]


class Reply(str):
    """What a sender is told in place of what they asked for."""

    __slots__ = ()


TOO_LARGE = Reply("552 5.3.4 The message is too large")
CROWDED = Reply("452 4.3.1 Too many messages are on their way in, try again later")
BARE_LINE_FEEDS = Reply("550 5.6.11 Lines of a message must end with CR LF")


class Letter(Envelope):
    """A message on its way in, with the companies that it is for: each once, at the first address that was said."""

    def __init__(self) -> None:
        super().__init__()
        self.deliveries: list[Delivery] = []

    def add(self, delivery: Delivery) -> None:
        """Note a company, unless it has the message by another of its addresses."""
        if delivery.company not in [known.company for known in self.deliveries]:
            self.deliveries.append(delivery)


class MailProtocol(SMTP):
    """One connection."""

    line_length_limit = PIECE  # of the reader: the lines of a message may be as long as it is
    envelope: Letter
    address = ""
    storing = False  # from DATA to its reply

    def __init__(
        self, handler: "Handler", *, visitors: Visitors, open_connections: "set[MailProtocol]", **options: Any
    ) -> None:
        # The library's is one for all connections, and each EHLO makes it larger.
        self.command_size_limits = collections.defaultdict(lambda: LONGEST_COMMAND)
        self.visitors = visitors
        self.handler = handler
        self._open = open_connections
        self._mistakes = 0
        super().__init__(
            handler,
            data_size_limit=visitors.limits.message,
            enable_SMTPUTF8=True,
            timeout=visitors.limits.idle_seconds,
            # Who only keeps a connection busy; messages are counted by the minute.
            command_call_limit={"NOOP": 100, "EHLO": 20, "HELO": 20, "VRFY": 20, "HELP": 20, "*": 1_000_000},
            **options,
        )

    # A connection's beginning and end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a client in, or tell it why not; a second time when STARTTLS is done."""
        if self in self._open:
            super().connection_made(transport)
            return
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if refusal := self.visitors.enter(self.address):
            cast(asyncio.Transport, transport).write(refusal.encode() + b"\r\n")
            transport.close()
            return
        self._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the client."""
        if self in self._open:
            self._open.remove(self)
            self.visitors.leave(self.address)
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """A client that was not let in has nothing to end."""
        return super().eof_received() if self in self._open else False

    def end(self) -> None:
        """End the connection because the server stops, after the message that is being taken in."""
        if not self.storing and self.transport is not None:
            self._writer.write(b"421 4.3.2 The server stops, try again later\r\n")
            self.transport.close()

    # Replies

    async def push(self, status: Any) -> None:
        """Reply; who makes too many mistakes is sent away."""
        await super().push(status)
        text = status.decode(errors="replace") if isinstance(status, bytes) else status
        if text[:1] not in "45":
            return
        self._mistakes += 1
        if self._mistakes == self.visitors.limits.mistakes and not self.visitors.is_trusted(self.address):
            await super().push("421 4.7.0 Too many mistakes")
            await self._hang_up()
        elif text.startswith("421"):
            await self._hang_up()

    async def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def smtp_AUTH(self, _arg: str) -> None:  # noqa: N802  # the library's name
        """Nobody signs in here."""
        await self.push("502 5.5.1 There is no signing in here")

    # Messages

    def _create_envelope(self) -> Letter:
        return Letter()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        try:
            return super()._getaddr(arg)
        except Exception:  # noqa: BLE001  # the parser of the standard library fails in many ways
            return None, None

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take a message in, piece by piece, and reply when it is stored."""
        if await self.check_helo_needed():
            return
        if not self.envelope.deliveries:
            await self.push("503 5.5.1 Say RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes nothing")
            return
        self.storing = True
        try:
            status = await self._take_in()
        finally:
            self.storing = False
            self.envelope = self._create_envelope()
        await self.push(status)
        if self.handler.stopping:
            self.end()

    async def _take_in(self) -> str:
        # Before the first line, so that the dot of an empty message ends a line like any other.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        await self.push("354 End with <CR><LF>.<CR><LF>")
        with Held(self.visitors) as held:
            try:
                async with asyncio.timeout(self.visitors.limits.message_seconds):
                    refusal = await self._read(held)
            except TimeoutError:
                return "421 4.4.2 That took too long"
            if refusal:
                return refusal
            content = held.content()
            if content.count(b"\n") != content.count(b"\r\n"):
                # Who takes these for ends of lines sees other messages in it than we do.
                return BARE_LINE_FEEDS
            self._reset_timeout()
            return await self.handler.store(self, self.envelope, content)

    async def _read(self, held: "Held") -> Reply | None:
        """Read to the end of the message; what is too much is read as well, within reason, and forgotten."""
        size, refusal, last = 0, None, False
        while not last:
            try:
                piece, last = await self._reader.readuntil(END), True
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.readexactly(error.consumed)
            self._reset_timeout()
            size += len(piece)
            if refusal is None:
                if size > self.visitors.limits.message + len(END):
                    refusal = TOO_LARGE
                elif not held.add(piece):
                    refusal = CROWDED
                if refusal:
                    held.drop()
            if size > 2 * self.visitors.limits.message + PIECE:
                await self.push(refusal or TOO_LARGE)
                return Reply("421 4.7.0 There is no end to it")
        return refusal


class Held(contextlib.AbstractContextManager["Held"]):
    """The pieces of a message, and the memory that they take of all that there is."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        self._pieces: list[bytes] = []
        self._size = 0

    def __exit__(self, *_error: object) -> None:
        self.drop()

    def add(self, piece: bytes) -> bool:
        """Keep a piece, if there is room."""
        if not self._visitors.hold(len(piece)):
            return False
        self._size += len(piece)
        self._pieces.append(piece)
        return True

    def drop(self) -> None:
        """Forget the pieces."""
        self._pieces.clear()
        self._visitors.release(self._size)
        self._size = 0

    def content(self) -> bytes:
        """Return the message as it was before dots were doubled for its way; its pieces are forgotten."""
        joined = b"".join(self._pieces)
        self._pieces.clear()
        return joined.replace(b"\r\n..", b"\r\n.")[2:-3]
