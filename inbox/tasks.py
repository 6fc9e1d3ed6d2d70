"""What Celery runs of the e-mail portal."""

import logging
import time
from typing import Any

from celery import current_app, shared_task
from kombu.exceptions import OperationalError as BrokerAway

from inbox import freeing, keeping, receiving, replies, worker
from notices.letters import RETRIES

logger = logging.getLogger(__name__)

# So long one task goes on with messages that wait, before others have their turn.
SECONDS_IN_A_ROW = 20
# After so many in a row the others most likely can't be read now either, and finding that out takes its time.
MOST_IN_VAIN = 3


@shared_task(name=receiving.TASK, ignore_result=True)
def read(mail_id: int) -> None:
    """Read one message; what keeps it from being read now is waited out."""
    try:
        worker.run(mail_id=mail_id)
    except worker.NotNow as error:
        logger.warning("Message %s is read later: %s", mail_id, error)


@shared_task(ignore_result=True)
def read_waiting() -> None:
    """Read messages whose task was lost or whose worker is gone, one after the other, for a while."""
    end, in_vain = time.monotonic() + SECONDS_IN_A_ROW, 0
    for mail_id in worker.overdue():
        if time.monotonic() > end or in_vain == MOST_IN_VAIN:
            return
        try:
            worker.run(mail_id=mail_id)
        except worker.NotNow as error:
            logger.warning("Message %s is read later: %s", mail_id, error)
            in_vain += 1
        except Exception:  # of one message: the others are read nevertheless
            logger.exception("Message %s couldn't be read.", mail_id)


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Have messages taken up that nobody works on: by one task, however many they are."""
    if worker.overdue():
        try:
            current_app.send_task("inbox.tasks.read_waiting", retry=False, expires=30)
        except (BrokerAway, OSError) as error:
            logger.warning("Messages are read when the broker is back: %s", error)


@shared_task(name=replies.SEND, ignore_result=True, **RETRIES)
def send_reply(reply: int, **_options: Any) -> None:
    """Send one answer; a mail server that doesn't answer is asked again, a little later each time."""
    replies.post.send(reply)


@shared_task(ignore_result=True)
def send_left_replies() -> None:
    """Answers whose task was lost, or that couldn't be sent for a while."""
    replies.post.enqueue_left_behind()


@shared_task(ignore_result=True)
def remove_old_replies() -> None:
    """Answers of last year."""
    replies.post.remove_old()


@shared_task(ignore_result=True)
def free_duplicates() -> None:
    """Let duplicates of what was cancelled, rejected or deleted in the register wait in its place."""
    for incoming_id in freeing.left_behind():
        try:
            freeing.free(incoming_id=incoming_id)
        except Exception:  # of one invoice: the others are freed nevertheless
            logger.exception("Incoming invoice %s stays a duplicate of what counts no more.", incoming_id)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Delete what was removed from quarantine long ago."""
    keeping.delete_removed()


@shared_task(ignore_result=True)
def remove_unneeded() -> None:
    """Delete contents that nothing has referred to for long; what the storage can't do now is done the next time."""
    try:
        keeping.delete_unneeded()
    except OSError as error:
        logger.warning("The mail storage can't be cleaned up now: %s", error)
