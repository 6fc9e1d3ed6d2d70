"""Mailboxes side by side, each in a thread that goes on whatever happens, until it is told to stop."""

import logging
import ssl
import threading
from collections.abc import Iterator, Sequence

from django.db import Error, close_old_connections, connections
from imapclient.exceptions import IMAPClientError

from inbox.mailboxes import messages
from inbox.mailboxes.owners import NotReady, check_company
from inbox.mailboxes.reading import Session, connected
from inbox.mailboxes.urls import Mailbox

logger = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 600.0
FAILURES_TO_TELL = 3


def watch_all(mailboxes: Sequence[Mailbox], stop: threading.Event) -> None:
    """Watch them until told to stop."""
    threads = [threading.Thread(target=watch, args=(mailbox, stop), name=mailbox.name) for mailbox in mailboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def watch(mailbox: Mailbox, stop: threading.Event, *, shortest: float = SHORTEST_WAIT) -> None:
    """Take in what comes; where that fails, try again after longer and longer waits."""
    failures = 0
    while not stop.is_set():
        try:
            for _round in _rounds(mailbox, stop):
                failures = 0
        except Exception as error:  # noqa: BLE001  # it is told, and the next message may be a better one
            failures += 1
            wait = min(shortest * 2 ** (failures - 1), LONGEST_WAIT)
            reason = mailbox.without_password(_told(error)) or type(error).__name__
            known = isinstance(error, NotReady | IMAPClientError | OSError | Error)
            logger.log(
                logging.WARNING if known else logging.ERROR,
                "Mailbox %s can't be read, the next try is in %d s: %s",
                mailbox.name,
                wait,
                reason,
            )
            _note_failure(mailbox, failures, reason)
            stop.wait(wait)
    connections.close_all()


def _rounds(mailbox: Mailbox, stop: threading.Event) -> Iterator[None]:
    """One connection; each round ends with news, or when it is time to look again."""
    close_old_connections()
    check_company(mailbox)
    with connected(mailbox) as client:
        session = Session(mailbox, client)
        logger.info("Mailbox %s is read.", mailbox.name)
        while not stop.is_set():
            close_old_connections()
            check_company(mailbox)
            session.take_in_new(until=stop.is_set)
            messages.note_success(mailbox=mailbox.name)
            yield
            session.wait(until=stop.is_set)


def _told(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            wanted = "it must name the host, and be issued by somebody whom this machine or IMAP_CA_FILE trusts"
            return f"its certificate isn't trusted ({error.verify_message}): {wanted}"
        case _:
            return str(error)


def _note_failure(mailbox: Mailbox, failures: int, reason: str) -> None:
    if failures < FAILURES_TO_TELL:
        return
    try:
        messages.note_failure(mailbox=mailbox.name, reason=reason)
    except Error:
        logger.warning("Nobody could be told of mailbox %s.", mailbox.name)
