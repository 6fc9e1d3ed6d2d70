"""What every program does before it works: is the database the one that was here yesterday?"""

import logging
import threading

from django.db import Error, connections

from revisions import restoring

logger = logging.getLogger(__name__)


def compare_with_marks() -> None:
    """Put the database right if it was restored. A database that can't be asked yet is no reason not to start."""
    # In a thread of its own: a web server starts within an event loop, and a worker's children inherit no connection.
    thread = threading.Thread(target=_compare, name="compare with marks")
    thread.start()
    thread.join()


def _compare() -> None:
    try:
        restoring.look()
    except Error as error:
        logger.warning("Whether the database was restored is not known yet: %s", error)
    finally:
        connections.close_all()
