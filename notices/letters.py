"""Letters: e-mails that stand in the database before they are sent, and are marked after.

A crash in between repeats a letter rather than lose it, under the same Message-ID, by which mail servers know it again.
Two workers never send one at once: who sends it has claimed it for a while. Each app that writes to people has a table
of letters of its own (`LetterBase`) and a `Post` that sends them.
"""

import dataclasses
import logging
import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMultiAlternatives
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone, translation
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

CLAIMED = timedelta(minutes=2)
# Celery tries again for some minutes; after that, or where the broker has lost the task, the sweep takes the letter up.
LEFT_ALONE = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=3)
KEPT = timedelta(days=365)
PERMANENT = 500

# What goes to a terminal or into a file reaches nobody.
MUTE = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")}

# How the task that sends a letter asks a mail server again that doesn't answer
RETRIES: dict[str, Any] = {
    "autoretry_for": (OSError, smtplib.SMTPException),
    "retry_backoff": 5,
    "retry_backoff_max": 120,
    "max_retries": 5,
}


def reach_people() -> bool:
    """Whether this installation sends e-mail at all."""
    return settings.EMAIL_BACKEND not in MUTE


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """A letter: paragraphs, facts after the first of them, a link if the installation knows its address."""

    subject: str
    paragraphs: Sequence[str]
    facts: Sequence[tuple[str, str]]
    link: str
    url: str
    reason: str


class LetterBase(models.Model):
    """An e-mail to one person about one event: written with the event, sent after its commit."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True)
    address = models.EmailField()
    content: models.JSONField[Any, Any] = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.address


L = TypeVar("L", bound=LetterBase)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Post(Generic[L]):
    """What sends the letters of one table.

    `task` names the Celery task that sends one, `words` says what a letter tells in the language in force, `language`
    what a person has chosen; `name` begins the Message-IDs. Without `words` it composes its letters in its own way.
    """

    letters: type[L]
    task: str
    words: Callable[[L], Words] | None = None
    language: Callable[[User], str]
    name: str = "utkorg"

    def enqueue(self, letter: int) -> None:
        """Ask a worker to send it; where the broker is away, the sweep will."""
        try:
            current_app.send_task(self.task, args=[letter], retry=False)
        except (OperationalError, OSError) as error:
            logger.warning("The broker does not answer; the letter is sent later: %s", error)

    def enqueue_left_behind(self) -> None:
        """Ask for letters that nobody has tried to send for a while, and give up on those that are too old."""
        now = timezone.now()
        unsent = self._all().filter(sent_at=None, given_up_at=None)
        unsent.filter(is_free(now), created_at__lt=now - GIVEN_UP_AFTER).update(given_up_at=now)
        late = unsent.filter(is_free(now - LEFT_ALONE), created_at__lt=now - LEFT_ALONE)
        for pk in late.values_list("pk", flat=True):
            self.enqueue(pk)

    def remove_old(self) -> int:
        """Delete letters older than a year; returns how many went."""
        return self._all().filter(created_at__lt=timezone.now() - KEPT).delete()[0]

    def send(self, letter: int) -> None:
        """Send a letter unless it is sent, given up or being sent; an error that may pass is raised, to try again."""
        now = timezone.now()
        ours = self._all().filter(is_free(now), pk=letter, sent_at=None, given_up_at=None)
        if not ours.update(claimed_until=now + CLAIMED, attempts=F("attempts") + 1):
            return
        mine = self._all().select_related("user__profile").get(pk=letter)
        try:
            self.compose(mine).send()
        except (OSError, smtplib.SMTPException) as error:
            self._note_failure(mine, error)
            if not _is_permanent(error):
                raise
        else:
            self._all().filter(pk=letter).update(sent_at=timezone.now(), error="")

    def compose(self, letter: L) -> EmailMultiAlternatives:
        """The letter in its reader's language, as plain text and as simple HTML."""
        if self.words is None:
            raise TypeError("A post without words composes its letters itself.")
        language = self.language(letter.user) if letter.user else settings.LANGUAGE_CODE
        with translation.override(language):
            words = self.words(letter)
            context = {"words": words, "language": translation.get_language()}
            message = EmailMultiAlternatives(
                subject=words.subject,
                body=render_to_string("notices/letters/letter.txt", context),
                to=[letter.address],
                headers={"Message-ID": self.message_id(letter), "Auto-Submitted": "auto-generated"},
            )
            message.attach_alternative(render_to_string("notices/letters/letter.html", context), "text/html")
        return message

    def message_id(self, letter: L) -> str:
        """The same however often it is sent."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
        return f"<{self.name}.{letter.pk}.{letter.created_at:%Y%m%d%H%M%S}@{domain}>"

    def _all(self) -> "models.QuerySet[Any]":
        return self.letters._default_manager.all()

    def _note_failure(self, letter: L, error: Exception) -> None:
        logger.warning("A letter to %s could not be sent: %s", letter.address, error)
        given_up = timezone.now() if _is_permanent(error) else None
        # Free at once where it will be tried again: what is tried twice is better than what waits without reason.
        self._all().filter(pk=letter.pk).update(
            error=f"{type(error).__name__}: {error}"[:2000], claimed_until=timezone.now(), given_up_at=given_up
        )


def is_free(at: datetime) -> Q:
    """The condition under which nobody is sending a letter."""
    return Q(claimed_until=None) | Q(claimed_until__lt=at)


def link_to(path: str) -> str:
    """The address of a page of ours for a letter; empty where the installation doesn't know its own."""
    return settings.UTKORG_URL.rstrip("/") + path if settings.UTKORG_URL else ""


def _is_permanent(error: Exception) -> bool:
    """Whether the mail server refuses this address, and would again."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= PERMANENT for code, _text in error.recipients.values())
