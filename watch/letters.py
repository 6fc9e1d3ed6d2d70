"""Letters: e-mails that stand in the database before they are sent, and are marked after.

A crash in between repeats a letter rather than lose it, under the same Message-ID, by which mail servers know it again.
Two workers never send one at once: who sends it has claimed it for a while.
"""

import logging
import smtplib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from kombu.exceptions import OperationalError

from access import language
from subscriptions.models import BacklogPolicy
from subscriptions.policies import Recipient, recipients
from watch import wording
from watch.models import Letter, Standing
from watch.wording import CUT_LIMITS

logger = logging.getLogger(__name__)

SEND = "watch.tasks.send_letter"
CLAIMED = timedelta(minutes=2)
# Celery tries again for some minutes; after that, or where the broker has lost the task, the sweep takes the letter up.
LEFT_ALONE = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=3)
KEPT = timedelta(days=365)
PERMANENT = 500

# What goes to a terminal or into a file reaches nobody.
MUTE = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")}


def reach_people() -> bool:
    """Whether this installation sends e-mail at all."""
    return settings.EMAIL_BACKEND not in MUTE


# Writing


def everybody(standing: Standing) -> list[Recipient]:
    """Who is told of a subscription's queue."""
    policy = BacklogPolicy.objects.filter(pk=standing.pk).first()
    return recipients(policy) if policy else []


def warned(standing: Standing) -> list[Recipient]:
    """Those of them who were warned in this episode."""
    written = set(_of_episode(standing).values_list("address", flat=True))
    return [recipient for recipient in everybody(standing) if recipient.address in written]


def not_yet_written(standing: Standing) -> list[Recipient]:
    """Those of them who were not."""
    written = set(_of_episode(standing).values_list("address", flat=True))
    return [recipient for recipient in everybody(standing) if recipient.address not in written]


def first_sent(standing: Standing) -> datetime | None:
    """When somebody who is still to be told was told first; None where nobody was, or e-mail reaches nobody here."""
    if not reach_people():
        return None
    addresses = [recipient.address for recipient in everybody(standing)]
    sent: datetime | None = _of_episode(standing).filter(address__in=addresses).aggregate(at=Min("sent_at"))["at"]
    return sent


def have_told_of(policy: BacklogPolicy, standing: Standing) -> bool:
    """Whether every warning of this episode names when the queue is cut, no later than the policy now does."""
    told = _of_episode(standing).values_list("content", flat=True)
    return all(_is_within(getattr(policy, limit), content.get(limit)) for content in told for limit in CUT_LIMITS)


def write(standing: Standing, kind: Letter.Kind, content: Mapping[str, object], *, to: Sequence[Recipient]) -> None:
    """Write a letter to each within the transaction of the event; they are sent after its commit."""
    written = Letter.objects.bulk_create(
        Letter(
            subscription_id=standing.pk,
            kind=kind,
            episode=standing.episode,
            user=recipient.user,
            address=recipient.address,
            content=content,
        )
        for recipient in to
    )
    for letter in written:
        transaction.on_commit(partial(enqueue, letter.pk), robust=True)


def withdraw(standing: Standing) -> None:
    """Take back the warnings that nobody has begun to send."""
    _of_episode(standing).filter(_is_free(timezone.now()), sent_at=None).delete()


def _of_episode(standing: Standing) -> QuerySet[Letter]:
    return Letter.objects.filter(subscription=standing.pk, episode=standing.episode, kind=Letter.Kind.WARNED)


# Sending


def enqueue(letter: int) -> None:
    """Ask a worker to send it; where the broker is away, the sweep will."""
    try:
        current_app.send_task(SEND, args=[letter], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer; the letter is sent later: %s", error)


def enqueue_left_behind() -> None:
    """Ask for letters that nobody has tried to send for a while, and give up on those that are too old."""
    now = timezone.now()
    unsent = Letter.objects.filter(sent_at=None, given_up_at=None)
    unsent.filter(_is_free(now), created_at__lt=now - GIVEN_UP_AFTER).update(given_up_at=now)
    for pk in unsent.filter(_is_free(now - LEFT_ALONE), created_at__lt=now - LEFT_ALONE).values_list("pk", flat=True):
        enqueue(pk)


def remove_old() -> int:
    """Delete letters older than a year; returns how many went."""
    return Letter.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def send(letter: int) -> None:
    """Send a letter unless it is sent, given up or being sent; an error that may pass is raised, to be tried again."""
    now = timezone.now()
    ours = Letter.objects.filter(_is_free(now), pk=letter, sent_at=None, given_up_at=None)
    if not ours.update(claimed_until=now + CLAIMED, attempts=F("attempts") + 1):
        return
    mine = Letter.objects.select_related("user__profile").get(pk=letter)
    try:
        compose(mine).send()
    except (OSError, smtplib.SMTPException) as error:
        _note_failure(mine, error)
        if not _is_permanent(error):
            raise
    else:
        Letter.objects.filter(pk=letter).update(sent_at=timezone.now(), error="")


def compose(letter: Letter) -> EmailMultiAlternatives:
    """The letter in its reader's language, as plain text and as simple HTML."""
    with translation.override(language_of(letter)):
        words = wording.of(letter)
        context = {"words": words, "language": translation.get_language()}
        message = EmailMultiAlternatives(
            subject=words.subject,
            body=render_to_string("watch/letters/letter.txt", context),
            to=[letter.address],
            headers={"Message-ID": message_id(letter), "Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("watch/letters/letter.html", context), "text/html")
    return message


def message_id(letter: Letter) -> str:
    """The same however often it is sent."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<utkorg.{letter.pk}.{letter.created_at:%Y%m%d%H%M%S}@{domain}>"


def language_of(letter: Letter) -> str:
    """What its reader has chosen, else the installation's."""
    return language.language_of(letter.user) if letter.user else settings.LANGUAGE_CODE


def _is_within(limit: int | None, told: int | None) -> bool:
    return limit is None or (told is not None and told <= limit)


def _is_free(at: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=at)


def _note_failure(letter: Letter, error: Exception) -> None:
    logger.warning("A letter to %s could not be sent: %s", letter.address, error)
    given_up = timezone.now() if _is_permanent(error) else None
    # Free at once where it will be tried again: what is tried twice is better than what waits without reason.
    Letter.objects.filter(pk=letter.pk).update(
        error=f"{type(error).__name__}: {error}"[:2000], claimed_until=timezone.now(), given_up_at=given_up
    )


def _is_permanent(error: Exception) -> bool:
    """Whether the mail server refuses this address, and would again."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= PERMANENT for code, _text in error.recipients.values())
