"""What Celery runs: the fan-out, rung for or swept, the trace's index behind it, the clean-up, the count of recent
changes, and the reports that have settled themselves.
"""

import logging

from celery import shared_task
from django.db import InterfaceError, OperationalError

from revisions import bell, clean_up, fan_out, feedback, news, recent, restoring, trace_index
from revisions.taking_in import running, services

logger = logging.getLogger(__name__)


@shared_task(name=bell.TASK, ignore_result=True)
def fan_out_changes() -> None:
    """Queue everything that is committed, and wake those who wait for it."""
    bell.take_down()
    news.publish(fan_out.drain(floor=False))


@shared_task(ignore_result=True)
def sweep() -> None:
    """The same every second, rung for or not: writers without signals are found by it, the floor follows, and it is
    written down outside the database how far it has come."""
    bell.take_down()
    news.publish(fan_out.drain())
    restoring.look()


@shared_task(ignore_result=True)
def index_for_trace() -> None:
    """Let the trace find what was queued since."""
    trace_index.catch_up()


@shared_task(ignore_result=True)
def remove_old_change_sets() -> None:
    """Delete what nobody needs any more."""
    clean_up.remove_old()
    feedback.remove_old()


@shared_task(ignore_result=True)
def settle_feedback() -> None:
    """Close the reports whose integration has gone on with a later revision of the row."""
    feedback.settle()


@shared_task(ignore_result=True)
def count_recent_changes() -> None:
    """Count what has changed since the last time."""
    recent.count()


@shared_task(name=services.TASK, ignore_result=True)
def take_in(taking_in_id: int) -> None:
    """Take in what a restored database lacks; a lost connection is waited out, any other mistake ends it."""
    try:
        running.run(taking_in_id=taking_in_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Taking in %s failed.", taking_in_id)
        running.fail(taking_in_id=taking_in_id)
        raise


@shared_task(ignore_result=True)
def resume_taking_in() -> None:
    """Take up what waits, or whose worker is gone."""
    for found in running.waiting():
        services.start(found)
