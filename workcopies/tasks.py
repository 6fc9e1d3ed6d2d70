"""What Celery runs of working copies."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from workcopies import making

logger = logging.getLogger(__name__)


@shared_task(name=making.TASK, ignore_result=True)
def make(copy_id: int) -> None:
    """Make a copy that waits; a lost connection is waited out, any other mistake ends it."""
    try:
        making.run(copy_id=copy_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Working copy %s failed.", copy_id)
        making.fail(copy_id=copy_id)
        raise


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up copies that wait or whose worker is gone."""
    for copy in making.waiting():
        making.start(copy)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove files that nobody has fetched."""
    making.remove_old()
