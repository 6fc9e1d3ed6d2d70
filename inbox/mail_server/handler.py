"""What is done with recipients and messages, beside the event loop; each refusal is a reply to the sender."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import Error

from inbox import addresses
from inbox.mail_server.limits import Visitors
from inbox.mail_server.protocol import Letter, MailProtocol, Reply, Session
from inbox.mail_server.threads import DatabaseThreads
from inbox.models import Mail
from inbox.receiving import Delivery, receive_all
from inbox.storage import is_full

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

LOOKING_UP = 4
STORING = 8

UNKNOWN = Reply("550 5.1.1 There is no such address here")
TOO_MANY_RECIPIENTS = Reply("452 4.5.3 Too many recipients")
TOO_MANY_MESSAGES = Reply("451 4.7.1 Too many messages from your address, try again later")
LATER = Reply("451 4.3.0 That can't be done now, try again later")
NO_ROOM = Reply("452 4.3.1 There is no room for messages now, try again later")
STOPPING = Reply("421 4.3.2 The server stops, try again later")


class Handler:
    """Of all connections; the names of its methods are the library's."""

    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self.stopping = False
        # Apart, so that slow storage doesn't keep unknown recipients from being refused.
        self._looking_up = DatabaseThreads("addresses", LOOKING_UP)
        self._storing = DatabaseThreads("storing", STORING)

    def close(self) -> None:
        """Wait for what is being stored, and close the connections to the database."""
        self._looking_up.close()
        self._storing.close()

    async def handle_EHLO(  # noqa: N802  # the library's name
        self, _server: MailProtocol, session: Session, _letter: Letter, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce what there is: nobody signs in here."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith("250-AUTH")]

    async def handle_MAIL(  # noqa: N802
        self, server: MailProtocol, _session: Session, letter: Letter, address: str, options: list[str]
    ) -> str:
        """Begin a message, whoever it is from: `<>` too, which bounces come from."""
        if self.stopping:
            return STOPPING
        if not self.visitors.may_send(server.address):
            logger.warning("Too many messages from %s.", server.address)
            return TOO_MANY_MESSAGES
        letter.mail_from = address
        letter.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: MailProtocol, _session: Session, letter: Letter, address: str, _options: list[str]
    ) -> str:
        """Take a recipient that is one of our addresses. Every other is refused alike, whatever it is."""
        if len(letter.rcpt_tos) >= self.visitors.limits.recipients:
            return TOO_MANY_RECIPIENTS
        found = await self._done(self._looking_up, lambda: addresses.find(address))
        if isinstance(found, Reply):
            return found
        if found is None:
            logger.info("Refused from %s: no address %.320r.", server.address, address)
            return UNKNOWN
        letter.rcpt_tos.append(address)
        letter.add(Delivery(company=found.portal.company, address=found, recipient=address))
        return "250 2.1.5 OK"

    async def store(self, server: MailProtocol, letter: Letter, content: bytes) -> str:
        """Take a message in; returns the reply to its sender."""
        stored = await self._done(self._storing, lambda: _store(letter, content))
        if isinstance(stored, Reply):
            return stored
        for mail in stored:
            company = mail.company.number if mail.company else None
            logger.info("Message %s, %d bytes from %s, for company %s.", mail.uid, mail.size, server.address, company)
        return f"250 2.0.0 Stored as {stored[0].uid}"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever else fails is no fault of the message's."""
        logger.error("A connection's command failed.", exc_info=error)
        return LATER

    async def _done(self, threads: DatabaseThreads, work: Callable[[], Result]) -> Result | Reply:
        """Do a piece of work; what the database or the storage can't do now is the reply that says so."""
        try:
            return await threads.run(work)
        except OSError as error:
            logger.error("The mail storage can't take a message: %s", error)  # noqa: TRY400  # once a try is enough
            return NO_ROOM if is_full(error) else LATER
        except Error as error:
            logger.warning("The database can't be used now: %s", error)
        except Exception:
            logger.exception("A message can't be taken in.")
        return LATER


def _store(letter: Letter, content: bytes) -> list[Mail]:
    return receive_all(
        content=content, deliveries=letter.deliveries, source=Mail.Source.SMTP, sender=_plain(letter.mail_from or "")
    )


def _plain(sender: str) -> str:
    """The envelope's sender as it can be kept; empty for `<>`."""
    text = sender.encode(errors="surrogateescape").decode(errors="replace").replace("\0", "\ufffd")
    return "" if text == "<>" else text
