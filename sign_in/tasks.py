"""What Celery runs: letters, and forgetting what is over."""

import smtplib
from datetime import timedelta

from celery import shared_task
from django.contrib.auth.models import User
from django.utils import timezone

from sign_in import lockout, resetting, sessions
from sign_in.models import Authenticator

UNCONFIRMED_FOR = timedelta(days=1)


@shared_task(
    name=resetting.SEND,
    ignore_result=True,
    autoretry_for=(OSError, smtplib.SMTPException),
    retry_backoff=5,
    retry_backoff_max=120,
    max_retries=5,
)
def send_reset_letters(people: list[int], language: str) -> None:
    """Send a letter to each; a mail server that doesn't answer is asked again."""
    for user in User.objects.select_related("profile").filter(pk__in=people, is_active=True):
        resetting.send(user, language=language)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Every hour: sessions that are over, failures that no longer count, authenticators that nobody confirmed."""
    sessions.remove_expired()
    lockout.remove_old()
    Authenticator.objects.filter(confirmed=False, created_at__lt=timezone.now() - UNCONFIRMED_FOR).delete()
