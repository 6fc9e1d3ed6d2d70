"""What Celery runs of transfers."""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from onetime_transfer import running, services

logger = logging.getLogger(__name__)


@shared_task(name=services.TASK, ignore_result=True)
def run(transfer_id: int) -> None:
    """Run a transfer; a lost connection or lock is waited out, anything else ends it with its reason."""
    try:
        running.run(transfer_id=transfer_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("Transfer %s failed.", transfer_id)
        running.fail(transfer_id=transfer_id, error=str(error))
        raise


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up transfers that wait or whose worker is gone."""
    for transfer in running.waiting():
        services.start(transfer)
