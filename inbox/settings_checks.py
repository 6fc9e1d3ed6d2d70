"""What no installation can receive mail with. Each has an id and says what to do."""

import ssl
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from inbox.mail_server.certificates import load
from inbox.mail_server.limits import networks
from inbox.mailboxes.certificates import trusted
from inbox.mailboxes.urls import parse_all

ABOVE_ZERO = (
    "IMAP_POLL_SECONDS",
    "SMTP_MAX_CONNECTIONS",
    "SMTP_MAX_CONNECTIONS_PER_ADDRESS",
    "SMTP_MEMORY_MB",
    "SMTP_MESSAGES_PER_MINUTE",
    "SMTP_PORT",
    "UTKORG_MAIL_MAX_MB",
)


@register
def check_mail(**_kwargs: Any) -> list[CheckMessage]:
    """The settings of the mail server and of mailboxes."""
    return [*_limits(), *_certificate(), *_mailboxes()]


def _limits() -> Iterator[CheckMessage]:
    for name in ABOVE_ZERO:
        if getattr(settings, name) < 1:
            yield Error(f"{name} is {getattr(settings, name)}.", hint="Use a number above zero.", id="inbox.E001")
    if settings.SMTP_MEMORY_MB < settings.UTKORG_MAIL_MAX_MB:
        text = "SMTP_MEMORY_MB is less than UTKORG_MAIL_MAX_MB: the largest messages would never get in."
        yield Error(text, hint="Use several times as much.", id="inbox.E002")
    try:
        networks(settings.SMTP_TRUSTED_RELAYS)
    except ValueError as error:
        text = f"SMTP_TRUSTED_RELAYS: {error}."
        yield Error(text, hint="Name addresses and networks, such as 192.0.2.7,10.1.0.0/16.", id="inbox.E003")


def _certificate() -> Iterator[CheckMessage]:
    certificate, key = settings.SMTP_TLS_CERTIFICATE, settings.SMTP_TLS_KEY
    if not certificate:
        if key or settings.SMTP_TLS_REQUIRED:
            text = "SMTP_TLS_KEY or SMTP_TLS_REQUIRED is set, and SMTP_TLS_CERTIFICATE isn't."
            yield Error(text, hint="Name a certificate, or neither.", id="inbox.E004")
        return
    try:
        load(certificate, key or certificate)
    except (OSError, ssl.SSLError) as error:
        text = f"SMTP_TLS_CERTIFICATE and SMTP_TLS_KEY can't be used: {error}."
        yield Error(text, hint="Name a certificate and its key, in PEM files.", id="inbox.E005")


def _mailboxes() -> Iterator[CheckMessage]:
    try:
        trusted()
    except OSError as error:  # and what ssl says of a file that holds no certificate
        text = f"IMAP_CA_FILE can't be used: {error}."
        yield Error(text, hint="Name a PEM file of certificates.", id="inbox.E007")
    try:
        parse_all(settings.IMAP_MAILBOXES)
    except ValueError as error:
        hint = "Use imaps://user:password@host/INBOX?company=100, several separated by commas."
        yield Error(f"IMAP_MAILBOXES, {error}.", hint=hint, id="inbox.E006")
