"""Whose a message in a mailbox is: of the company that the mailbox is for, or of those that it is addressed to."""

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr

from inbox import addresses
from inbox.mailboxes.urls import Mailbox
from inbox.receiving import Delivery
from ledger.models import Company

# What a server wrote on delivery goes before what the sender wrote.
HEADERS = ("Delivered-To", "X-Original-To", "X-Envelope-To", "To", "Cc")
LONGEST_HEADERS = 256 * 1024
MOST_ADDRESSES = 100


class NotReady(Exception):
    """The mailbox can't be read now, for a reason of ours."""


def headers_of(content: bytes) -> Message:
    """Read the headers of a message, however it goes on."""
    return BytesHeaderParser().parsebytes(content[:LONGEST_HEADERS])


def check_company(mailbox: Mailbox) -> Company | None:
    """Return the company that the mailbox is for, if it is for one. Raises NotReady where its portal is off."""
    if not mailbox.company:
        return None
    try:
        return Company.objects.get(number=mailbox.company, active=True, portal__active=True)
    except Company.DoesNotExist:
        raise NotReady(f"company {mailbox.company} isn't there, or its portal is off") from None


def deliveries(mailbox: Mailbox, headers: Message) -> list[Delivery]:
    """Tell whom a message is for; of nobody where no address of ours stands in it, so that a person looks at it."""
    if (company := check_company(mailbox)) is not None:
        return [Delivery(company=company, recipient=mailbox.user)]
    found: dict[int, Delivery] = {}
    for written in _addresses(headers):
        if (address := addresses.find(written)) is not None:
            company = address.portal.company
            found.setdefault(company.pk, Delivery(company=company, address=address, recipient=written))
    return list(found.values()) or [Delivery(company=None, recipient=mailbox.user)]


def sender_of(headers: Message) -> str:
    """The sender of the envelope, as the server wrote it down; empty where it didn't."""
    return parseaddr(str(headers.get("Return-Path", "")))[1].replace("\0", "\ufffd")


def _addresses(headers: Message) -> Iterator[str]:
    for name in HEADERS:
        values = [str(value) for value in headers.get_all(name, [])]
        for _name, address in getaddresses(values[:MOST_ADDRESSES])[:MOST_ADDRESSES]:
            yield address
