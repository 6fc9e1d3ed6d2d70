"""What Celery runs of imports."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from imports import running, services

logger = logging.getLogger(__name__)


@shared_task(name=services.TASK, ignore_result=True)
def run(import_id: int) -> None:
    """Go on with an import; a lost connection is waited out, any other mistake ends it."""
    try:
        running.run(import_id=import_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Import %s failed.", import_id)
        running.fail(import_id=import_id)
        raise


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up imports that wait or whose worker is gone."""
    for found in running.waiting():
        services.start(found)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove files that nobody goes on with."""
    services.remove_old()
