"""A mail server that tests send letters to."""

import email
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


class Mailbox:
    """A mail server that keeps what it gets; it refuses what a test tells it to."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, unless told to refuse."""
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter."""
        message: Any = email.message_from_bytes(cast(bytes, envelope.content), policy=default)
        self.letters.append(message)
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        """The subjects of what came, in order; folding leaves a blank before long ones."""
        return [str(letter["Subject"]).strip() for letter in self.letters]


@pytest.fixture
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


@pytest.fixture
def mailbox(mail_server: tuple[Mailbox, int], settings: Settings) -> Mailbox:
    """The mail server that this process sends to."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server[1]
    settings.UTKORG_URL = "https://utkorg.example.com"
    return mail_server[0]


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    """The text of a letter, in one of its two forms."""
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())
