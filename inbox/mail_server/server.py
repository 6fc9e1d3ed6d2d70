"""The mail server as a whole: where it listens, and how it stops without losing what is on its way in."""

import asyncio
import contextlib
import logging
import signal

from django.conf import settings

from inbox.mail_server.certificates import Certificate
from inbox.mail_server.handler import Handler
from inbox.mail_server.limits import Limits, Visitors
from inbox.mail_server.protocol import MailProtocol

logger = logging.getLogger(__name__)

SECONDS_TO_STOP = 10
WAITING_CONNECTIONS = 100


class MailServer:
    """Listens from `start` to `stop`."""

    def __init__(self, limits: Limits, certificate: Certificate | None = None, *, tls_required: bool = False) -> None:
        self._visitors = Visitors(limits)
        self._certificate = certificate
        self._tls_required = tls_required
        self._handler = Handler(self._visitors)
        self._open: set[MailProtocol] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: one that is free, for 0. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host or None, port, backlog=WAITING_CONNECTIONS)
        found: int = self._server.sockets[0].getsockname()[1]
        logger.info("Mail is received on %s:%d.", host or "*", found)
        return found

    async def stop(self, seconds: float = SECONDS_TO_STOP) -> None:
        """Let nobody in any more, finish the messages that are being taken in, and end."""
        self._handler.stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._open:  # noqa: ASYNC110  # connections end in many places, and this is done once
                    await asyncio.sleep(0.05)
        if self._open:
            logger.warning("%d connections are cut off; what they send is sent again.", len(self._open))
        self._handler.close()

    def _connection(self) -> MailProtocol:
        return MailProtocol(
            self._handler,
            visitors=self._visitors,
            open_connections=self._open,
            hostname=settings.SMTP_NAME or settings.UTKORG_MAIL_DOMAIN,
            ident="ESMTP Utkorg",
            tls_context=self._certificate.context() if self._certificate else None,
            require_starttls=self._tls_required,
        )


def of_settings() -> MailServer:
    """Make the server that the settings describe. Raises OSError and ssl.SSLError for a certificate that isn't one."""
    certificate = None
    if settings.SMTP_TLS_CERTIFICATE:
        key = settings.SMTP_TLS_KEY or settings.SMTP_TLS_CERTIFICATE
        certificate = Certificate(settings.SMTP_TLS_CERTIFICATE, key)
    return MailServer(Limits.of_settings(), certificate, tls_required=settings.SMTP_TLS_REQUIRED)


async def serve(server: MailServer, host: str, port: int) -> None:
    """Receive mail until told to stop."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await server.start(host, port)
    await told.wait()
    await server.stop()
