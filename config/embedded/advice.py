"""What to tell somebody whose command found no database."""

import os

from config.embedded import postgres
from config.embedded.home import utkorg_home


def advice_without_database() -> str | None:
    """A sentence if it is the embedded database that is missing, else None: then the error says more."""
    home = utkorg_home()
    if os.environ.get("DATABASE_URL") or postgres.is_ready(home):
        return None
    return (
        f"The embedded database of {home.path} is not running: start it with make run, "
        "name its folder with UTKORG_HOME, or another database with DATABASE_URL."
    )
