"""What Celery runs of the journal."""

from celery import shared_task

from journal import services


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove what is older than it is kept."""
    services.remove_old()
