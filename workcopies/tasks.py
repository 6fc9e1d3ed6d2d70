"""What Celery runs of working copies."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from workcopies import check_in_worker, making, receiving

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


@shared_task(name=receiving.TASK, ignore_result=True)
def run_check_in(check_in_id: int) -> None:
    """Go on with a check-in; a lost connection is waited out, any other mistake ends it."""
    try:
        check_in_worker.run(check_in_id=check_in_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Check-in %s failed.", check_in_id)
        check_in_worker.fail(check_in_id=check_in_id)
        raise


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up copies and check-ins that wait or whose worker is gone."""
    for copy in making.waiting():
        making.start(copy)
    for found in check_in_worker.waiting():
        receiving.start(found)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove files that nobody has fetched, or gone on with."""
    making.remove_old()
    receiving.remove_old()
