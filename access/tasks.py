"""What Celery runs of access."""

import smtplib

from celery import shared_task

from access import invitations
from access.models import Membership


@shared_task(
    name=invitations.SEND,
    ignore_result=True,
    autoretry_for=(OSError, smtplib.SMTPException),
    retry_backoff=5,
    retry_backoff_max=120,
    max_retries=5,
)
def send_invitation(membership: int) -> None:
    """Send a new person the way to a password; a mail server that doesn't answer is asked again."""
    places = Membership.objects.select_related("user__profile", "office", "company")
    found = places.filter(pk=membership, ended_at=None).first()
    if found is not None:
        invitations.send(membership=found)
