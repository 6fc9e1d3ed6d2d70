"""What Celery runs of access: invitations, warnings of keys, the letters about them, and what is too old to keep."""

from typing import Any

from celery import shared_task

from access import expiry, idempotency, invitations, letters, tokens
from access.models import Membership
from notices.letters import RETRIES


@shared_task(name=invitations.SEND, ignore_result=True, **RETRIES)
def send_invitation(membership: int) -> None:
    """Send a new person the way to a password; a mail server that doesn't answer is asked again."""
    places = Membership.objects.select_related("user__profile", "office", "company")
    found = places.filter(pk=membership, ended_at=None).first()
    if found is not None:
        invitations.send(membership=found)


@shared_task(ignore_result=True)
def warn_of_expiry() -> None:
    """Every hour: keys that expire soon."""
    expiry.warn_all()


@shared_task(ignore_result=True)
def remove_old_letters() -> None:
    """Letters of last year."""
    letters.post.remove_old()


@shared_task(ignore_result=True)
def send_left_letters() -> None:
    """Letters whose task was lost, or that couldn't be sent for a while."""
    letters.post.enqueue_left_behind()


@shared_task(name=letters.SEND, ignore_result=True, **RETRIES)
def send_letter(letter: int, **_options: Any) -> None:
    """Send one letter; a mail server that doesn't answer is asked again, a little later each time."""
    letters.post.send(letter)


@shared_task(ignore_result=True)
def remove_old_answers() -> None:
    """Answers that nobody is given again."""
    idempotency.remove_old()


@shared_task(ignore_result=True)
def remove_old_tokens() -> None:
    """Every hour: access tokens whose time has passed."""
    tokens.remove_expired()
