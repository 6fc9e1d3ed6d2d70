"""Taking in what is new in a mailbox, message by message."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.db import transaction
from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from inbox.mailboxes import messages
from inbox.mailboxes.certificates import trusted
from inbox.mailboxes.owners import deliveries, headers_of, sender_of
from inbox.mailboxes.urls import Mailbox
from inbox.models import Mail, MailboxPosition
from inbox.receiving import receive_all

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
LOCAL = {"localhost", "127.0.0.1", "::1"}
SECONDS_OF_IDLE = 30  # not every server tells of a message that came between the last look and the wait
TIMEOUT = SocketTimeout(connect=15, read=60)


@contextmanager
def connected(mailbox: Mailbox) -> Iterator[IMAPClient]:
    """A connection that is signed in; never in the clear but on this machine."""
    context = trusted() if mailbox.encrypted or mailbox.host not in LOCAL else None
    client = IMAPClient(mailbox.host, mailbox.port, ssl=mailbox.encrypted, ssl_context=context, timeout=TIMEOUT)  # type: ignore[arg-type]
    try:
        if context is not None and not mailbox.encrypted:
            client.starttls(context)
        if mailbox.user.isascii() and mailbox.password.isascii():
            client.login(mailbox.user, mailbox.password)
        else:  # LOGIN knows no other letters
            client.plain_login(mailbox.user, mailbox.password)
        yield client
    finally:
        with suppress(OSError, IMAPClientError):
            client.logout()


class Session:
    """A mailbox that is open."""

    def __init__(self, mailbox: Mailbox, client: IMAPClient) -> None:
        self._mailbox = mailbox
        self._client = client
        if mailbox.move_to:
            self._make_folder(mailbox.move_to)
        selected = client.select_folder(mailbox.folder)
        self._position = _position(mailbox, validity=selected[b"UIDVALIDITY"], next_uid=_next_uid(client, mailbox))
        if self._position.to_mark is not None:
            self._mark(self._position.to_mark)

    def take_in_new(self, *, until: Callable[[], bool] = lambda: False) -> int:
        """Take in every message that is new, oldest first; returns how many there were."""
        taken, before = 0, None
        # What comes meanwhile the server may tell with these answers, and not again while it is waited for.
        while before != self._position.last_uid:
            before = self._position.last_uid
            for uid in self._new():
                if until():
                    return taken
                taken += self._take_in(uid)
        return taken

    def wait(self, *, until: Callable[[], bool]) -> None:
        """Wait for news: told by the server, if it can, or until it is time to ask again."""
        if not self._client.has_capability("IDLE"):
            _sleep(settings.IMAP_POLL_SECONDS, until)
            self._client.noop()
            return
        self._client.idle()
        end = time.monotonic() + SECONDS_OF_IDLE
        while time.monotonic() < end and not until():
            asked = time.monotonic()
            if self._client.idle_check(timeout=1) or time.monotonic() < asked + 0.5:
                break  # news, or the connection's end, which the next line meets
        self._client.idle_done()

    def _new(self) -> list[int]:
        position = self._position
        found: set[int] = set()
        if position.last_uid < position.before_us:
            earlier: list[Any] = ["UID", f"{position.last_uid + 1}:{position.before_us}"]
            if self._mailbox.begin == "unseen":
                since = ["OR", "UNSEEN", "SINCE", position.begun_at.date()]
                earlier += since if position.renumbered else ["UNSEEN"]
            found.update(self._client.search(earlier))
        first = max(position.last_uid, position.before_us) + 1
        # "n:*" names the last message also where its number is less.
        found.update(uid for uid in self._client.search(["UID", f"{first}:*"]) if uid >= first)
        return sorted(uid for uid in found if uid > position.last_uid)

    def _take_in(self, uid: int) -> bool:
        largest = settings.UTKORG_MAIL_MAX_MB * MEGABYTE
        found = self._client.fetch([uid], ["RFC822.SIZE"]).get(uid)
        if found is None:
            return self._pass_over(uid)  # somebody has deleted it meanwhile
        stated = found.get(b"RFC822.SIZE", 0)
        if stated > largest:
            return self._leave(uid, size=stated)
        # What the server says of the size isn't always true: one byte more tells, and no more is asked for.
        answer = self._client.fetch([uid], [f"BODY.PEEK[]<0.{largest + 1}>"]).get(uid, {})
        content = next((value for name, value in answer.items() if name.startswith(b"BODY[")), None)
        if content is None:
            return self._pass_over(uid)
        if len(content) > largest:
            return self._leave(uid, size=len(content))
        if self._store(uid, content):
            self._mark(uid)
        return True

    def _store(self, uid: int, content: bytes) -> bool:
        """Store a message and move the position in one transaction; False where another program did."""
        headers, digest = headers_of(content), hashlib.sha256(content).hexdigest()
        with transaction.atomic():
            position = MailboxPosition.objects.select_for_update().get(pk=self._position.pk)
            if (position.validity, position.last_uid) != (self._position.validity, self._position.last_uid):
                self._position = position
                return False
            # The same bytes: a server that numbers its messages anew, or a copy of one within the mailbox.
            known = set(
                Mail.objects.filter(source=Mail.Source.IMAP, digest=digest).values_list("company_id", flat=True)
            )
            wanted = [
                delivery
                for delivery in deliveries(self._mailbox, headers)
                if (delivery.company.pk if delivery.company else None) not in known
            ]
            mails = (
                receive_all(content=content, deliveries=wanted, source=Mail.Source.IMAP, sender=sender_of(headers))
                if wanted
                else []
            )
            position.last_uid = position.to_mark = uid
            position.save(update_fields=["last_uid", "to_mark"])
        self._position = position
        for mail in mails:
            company = mail.company.number if mail.company else None
            logger.info("Message %s from mailbox %s, for company %s.", mail.uid, self._mailbox.name, company)
        return True

    def _make_folder(self, name: str) -> None:
        """Make the folder that messages are moved to; where that is refused, so is each move, and told."""
        try:
            if not self._client.folder_exists(name):
                self._client.create_folder(name)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            self._tell_unmarked(error)

    def _mark(self, uid: int) -> None:
        """Mark or move a message that is stored. One that may not be moved stays: it is stored, and others come."""
        try:
            self._move_or_flag(uid)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            self._tell_unmarked(error)
        self._position.to_mark = None
        MailboxPosition.objects.filter(pk=self._position.pk, to_mark=uid).update(to_mark=None)

    def _move_or_flag(self, uid: int) -> None:
        if not self._mailbox.move_to:
            self._client.add_flags([uid], [SEEN])
        elif self._client.has_capability("MOVE"):
            self._client.move([uid], self._mailbox.move_to)
        elif self._client.search(["UID", str(uid)]):
            self._client.copy([uid], self._mailbox.move_to)
            self._client.delete_messages([uid])
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge([uid])

    def _tell_unmarked(self, error: IMAPClientError) -> None:
        mailbox, reason = self._mailbox, self._mailbox.without_password(error)
        logger.warning("Mailbox %s: what is stored can't be marked or moved there: %s", mailbox.name, reason)
        messages.tell_unmarked(mailbox=mailbox.name, folder=mailbox.move_to, reason=reason)

    def _leave(self, uid: int, *, size: int) -> bool:
        """Leave a message there that is too large, and tell of it."""
        logger.warning("Mailbox %s: message %d is too large and stays there.", self._mailbox.name, uid)
        messages.tell_too_large(mailbox=self._mailbox.name, size=size)
        return self._pass_over(uid)

    def _pass_over(self, uid: int) -> bool:
        """Go on behind a message that isn't taken in."""
        moved = MailboxPosition.objects.filter(
            pk=self._position.pk, validity=self._position.validity, last_uid__lt=uid
        ).update(last_uid=uid)
        if moved:
            self._position.last_uid = uid
        return False


def _position(mailbox: Mailbox, *, validity: int, next_uid: int) -> MailboxPosition:
    """How far the mailbox was read. Numbered anew, it is gone through again, and what is known isn't taken twice."""
    position, made = MailboxPosition.objects.get_or_create(
        mailbox=mailbox.name, defaults={"validity": validity, "before_us": next_uid - 1}
    )
    if not made and position.validity != validity:
        logger.warning("Mailbox %s has numbered its messages anew: they are compared with what is known.", mailbox.name)
        position.validity, position.before_us, position.renumbered = validity, next_uid - 1, True
        position.last_uid, position.to_mark = 0, None
        position.save()
    return position


def _next_uid(client: IMAPClient, mailbox: Mailbox) -> int:
    status = client.folder_status(mailbox.folder, ["UIDNEXT"])
    return int(status[b"UIDNEXT"])


def _sleep(seconds: float, until: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        time.sleep(min(1, seconds))
