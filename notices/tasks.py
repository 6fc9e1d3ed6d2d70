"""What Celery runs of messages."""

from celery import shared_task

from notices import services


@shared_task(ignore_result=True)
def remove_old_notices() -> None:
    """Delete what was read long ago."""
    services.remove_old()
