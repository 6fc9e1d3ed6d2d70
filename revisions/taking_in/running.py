"""Doing it: one write or message after the other, each in its own transaction, which notes its outcome as well.

Who goes on with it is told by the number of the attempt: each transaction begins by saying that it is still this one.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from history.actors import Actor, acting
from inbox.exceptions import InboxError
from inbox.lost import take_in
from inbox.models import Mail
from inbox.storage import Envelope
from journal.lost import LostWrite
from journal.models import Write
from journal.services import note_again, taking_in_again
from ledger.exceptions import refusal
from revisions.models import TakenIn, TakingIn
from revisions.taking_in.lacking import Lacking, lacking
from revisions.taking_in.places import Places, RowNotHere, redirected
from revisions.taking_in.requests import Answer, WriteRefused, ask_again

logger = logging.getLogger(__name__)

Outcome, Status = TakenIn.Outcome, TakingIn.Status

MOST_ATTEMPTS = 5
MOST_NAMED = 2
# Who hasn't been heard of for so long is dead.
SILENCE = timedelta(seconds=60)

Told = Callable[[TakenIn], None]


class Elsewhere(Exception):
    """Another worker has it."""


def waiting() -> list[TakingIn]:
    """What should go on and nobody works on."""
    silent = Q(seen_at=None) | Q(seen_at__lt=timezone.now() - SILENCE)
    return list(TakingIn.objects.filter(silent, status__in=TakingIn.WORKING))


def run(*, taking_in_id: int, told: Told | None = None) -> None:
    """Take in what is lacking, and hasn't been tried by this one yet."""
    claimed = _claim(taking_in_id)
    if claimed is None:
        return
    actor = Actor(user_id=claimed.asked_by_id, user_name=claimed.asked_by_name, via="restored")
    with acting(actor), override(claimed.language or None):
        try:
            _Worker(claimed, told).work()
        except Elsewhere:
            return
    _end(claimed, Status.DONE)


def fail(*, taking_in_id: int) -> None:
    """End one that a mistake of ours stopped; it can be asked for again."""
    working = TakingIn.objects.filter(pk=taking_in_id, status__in=TakingIn.WORKING)
    working.update(status=Status.FAILED, finished_at=timezone.now())


def _claim(taking_in_id: int) -> TakingIn | None:
    silent = Q(seen_at=None) | Q(seen_at__lt=timezone.now() - SILENCE)
    free = TakingIn.objects.filter(silent, pk=taking_in_id, status__in=TakingIn.WORKING)
    if free.filter(attempts__gte=MOST_ATTEMPTS).update(status=Status.FAILED, finished_at=timezone.now()):
        return None
    if not free.update(status=Status.RUNNING, seen_at=timezone.now(), attempts=F("attempts") + 1):
        return None
    return TakingIn.objects.get(pk=taking_in_id)


def _end(claimed: TakingIn, status: TakingIn.Status) -> None:
    ours = TakingIn.objects.filter(pk=claimed.pk, attempts=claimed.attempts, status=Status.RUNNING)
    ours.update(status=status, finished_at=timezone.now())


class _Worker:
    """One attempt."""

    def __init__(self, claimed: TakingIn, told: Told | None) -> None:
        self._claimed = claimed
        self._told = told

    def work(self) -> None:
        """Take it all in. Raises Elsewhere."""
        found = lacking(since=self._claimed.since)
        tried = set(self._claimed.items.values_list("uid", flat=True))
        writes = [write for write in _writes(self._claimed, found) if write.uid not in tried]
        mails = [mail for mail in _mails(self._claimed, found) if mail.uid not in tried]
        TakingIn.objects.filter(pk=self._claimed.pk).update(total=len(tried) + len(writes) + len(mails))
        places = Places(found.writes.given, found.writes.now)
        for write in writes:
            self._take_in_write(write, places)
        for mail in mails:
            self._take_in_mail(mail)

    def _take_in_write(self, write: LostWrite, places: Places) -> None:
        item = self._item(write.uid, TakenIn.Kind.WRITE, write)
        places.go_to(write.at)
        try:
            with transaction.atomic():
                self._hold()
                gave = _again(write, places, item)
                item.save(force_insert=True)
        except (WriteRefused, RowNotHere) as refused:
            self._refuse(item, str(refused))
            return
        except IntegrityError as error:  # what the database refuses at the commit
            self._refuse(item, str(refusal(error) or error))
            return
        except ValueError as error:
            logger.exception("The journal's line of %s can't be read.", write.uid)
            self._refuse(item, str(error))
            return
        if gave is not None:
            places.move(write.uid, gave)
            note_again(write.uid, gave=gave)
        self._tell(item)

    def _take_in_mail(self, envelope: Envelope) -> None:
        item = self._item(envelope.uid, TakenIn.Kind.MAIL, envelope)
        try:
            with transaction.atomic():
                self._hold()
                if take_in(envelope) is None:
                    item.outcome = Outcome.ANSWERED
                item.save(force_insert=True)
        except InboxError as refused:
            self._refuse(item, str(refused))
            return
        self._tell(item)

    def _item(self, uid: UUID, kind: TakenIn.Kind, of: LostWrite | Envelope) -> TakenIn:
        who, subject, at = described(of)
        return TakenIn(
            taking_in=self._claimed, uid=uid, kind=kind, at=at, who=who[:320], subject=subject, outcome=Outcome.TAKEN_IN
        )

    def _refuse(self, item: TakenIn, reason: str) -> None:
        item.outcome, item.reason = Outcome.REFUSED, reason
        with transaction.atomic():
            self._hold()
            item.save(force_insert=True)
        self._tell(item)

    def _hold(self) -> None:
        ours = TakingIn.objects.filter(pk=self._claimed.pk, attempts=self._claimed.attempts, status=Status.RUNNING)
        if not ours.update(seen_at=timezone.now()):
            raise Elsewhere

    def _tell(self, item: TakenIn) -> None:
        if self._told is not None:
            self._told(item)


def described(lost: LostWrite | Envelope) -> tuple[str, str, datetime]:
    """Who wrote or sent it, what it is and made, and when."""
    if isinstance(lost, LostWrite):
        made = ", ".join(address.removeprefix("/api/v1/") for address in lost.gave[:MOST_NAMED])
        more = " …" if len(lost.gave) > MOST_NAMED else ""
        return lost.who, f"{lost.method} {lost.address}{f' → {made}{more}' if made else ''}", lost.at
    return lost.sender, lost.address or _whose(lost), lost.received_at


def _whose(lost: Envelope) -> str:
    """What has no address was handed in to a company."""
    how = dict(Mail.Source.choices).get(lost.source, lost.source)
    return _("%(how)s, company %(company)s") % {"how": how, "company": lost.company}


def _writes(claimed: TakingIn, found: Lacking) -> Sequence[LostWrite]:
    if claimed.what == TakingIn.What.MAILS:
        return ()
    uncertain = found.writes.perhaps if claimed.with_uncertain else []
    return sorted([*found.writes.lost, *uncertain], key=lambda write: (write.at, write.uid))


def _mails(claimed: TakingIn, found: Lacking) -> Iterator[Envelope]:
    return iter(() if claimed.what == TakingIn.What.WRITES else found.mails)


def _again(write: LostWrite, places: Places, item: TakenIn) -> Sequence[str] | None:
    """Do a write again, and note in its item what became of it; return where its rows are, None where nobody knows."""
    if write.sent_again_at is not None:
        at = date_format(timezone.localtime(write.sent_again_at), "DATETIME_FORMAT")
        item.outcome, item.reason = Outcome.ANSWERED, _("The same was sent again %(time)s.") % {"time": at}
        Write.objects.create(uid=write.uid, is_again=True, gave=list(write.gave))
        return None
    with taking_in_again(write.uid):
        answer = ask_again(redirected(write.asked(), places))
    gave = _gave(write, answer)
    item.outcome = Outcome.ANSWERED if answer.is_from_before else Outcome.TAKEN_IN
    if list(gave) != list(write.gave) and write.gave:
        item.then, item.now = list(write.gave), list(gave)
        if not answer.is_from_before:
            item.outcome = Outcome.MOVED
    return gave


def _gave(write: LostWrite, answer: Answer) -> Sequence[str]:
    """Where its rows are now; that it is here is noted where its view had nothing to do."""
    row, _is_new = Write.objects.get_or_create(uid=write.uid, defaults={"is_again": True, "gave": list(answer.gave)})
    return list(row.gave)
