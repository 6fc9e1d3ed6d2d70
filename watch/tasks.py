"""What Celery runs: readings, policies and letters."""

from typing import Any

from celery import shared_task

from notices.letters import RETRIES
from watch import letters, policy, traffic


@shared_task(ignore_result=True)
def read_counters() -> None:
    """Every minute: what came in and went out."""
    traffic.read_counters()


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove readings that no chart shows, and letters of last year."""
    traffic.remove_old()
    letters.post.remove_old()


@shared_task(ignore_result=True)
def follow_policies() -> None:
    """Every half minute: warn, clear, cut."""
    policy.follow_all()


@shared_task(ignore_result=True)
def send_left_letters() -> None:
    """Letters whose task was lost, or that couldn't be sent for a while."""
    letters.post.enqueue_left_behind()


@shared_task(name=letters.SEND, ignore_result=True, **RETRIES)
def send_letter(letter: int, **_options: Any) -> None:
    """Send one letter; a mail server that doesn't answer is asked again, a little later each time."""
    letters.post.send(letter)
