"""Who works on what somebody waits for: one worker at a time, told by an advisory lock that ends with its transaction.

Who dies lets go of it, and beat has the work taken up again.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.db import InterfaceError, connection, transaction
from django.db import OperationalError as DatabaseDown
from django.db.models import Model
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Of this database alone: the list is of the whole server, where another installation's rows have the same ids. What one
# holds oneself is nobody else's.
HELD = """
    select objid from pg_locks
    where locktype = 'advisory' and classid = %s and granted and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())
"""


def ask(task: str, row: Model) -> None:
    """Ask a worker to go on with a row; with the broker down, beat asks again."""
    try:
        current_app.send_task(task, args=[row.pk], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s %s goes on when the broker is back: %s", row._meta.object_name, row.pk, error)


def go_on(run: Callable[[], None], fail: Callable[[], None], *, what: str) -> None:
    """Do what a worker was asked for; a lost connection is waited out, any other mistake of ours ends it by `fail`."""
    try:
        run()
    except (DatabaseDown, InterfaceError):
        raise
    except Exception:
        logger.exception("%s failed.", what)
        fail()
        raise


def held(kind: int) -> list[int]:
    """The rows of a kind (the first number of their locks; the second is a row's id) that other workers have."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [kind])
        return [row_id for (row_id,) in cursor.fetchall()]


def hold(kind: int, row_id: int) -> bool:
    """Hold a row for this transaction; False where another worker has it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s, %s)", [kind, row_id])
        return bool(cursor.fetchone()[0])


def drop_file(row: Any) -> None:
    """Take the file from a row, which its caller saves; it is removed once that is committed."""
    if row.file:
        storage, name = row.file.storage, row.file.name or ""
        row.file = ""
        transaction.on_commit(lambda: storage.delete(name), robust=True)
