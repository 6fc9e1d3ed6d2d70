"""Before the web server starts: services that answer, tables, static files, and on a first run the sample data."""

import os
import shlex
import sys
import time
from collections.abc import Callable
from importlib import import_module

import django
from django.core.management import call_command

from config.embedded import postgres, valkey
from config.embedded.exceptions import ServiceFailed
from config.embedded.home import Home, utkorg_home

SECONDS_TO_START = 120

RESTORED = """
THIS DATABASE WAS RESTORED FROM A BACKUP: what was changed after that is gone.
What was done about it, and what is left to do:

  {command}
"""


def wait_for(service: str, is_ready: Callable[[Home], bool], home: Home) -> None:
    """Return as soon as the service answers. Recovery after a crash may take it a while."""
    end = time.monotonic() + SECONDS_TO_START
    while not is_ready(home):
        if time.monotonic() > end:
            raise ServiceFailed(f"{service} does not answer after {SECONDS_TO_START} seconds")
        time.sleep(0.05)


def write_warning(home: Home) -> None:
    """What the terminal tells when everything is ready: that the database was restored, until that is in order."""
    waits = import_module("revisions.aftermath").last_unsettled() is not None
    if waits:
        command = f"UTKORG_HOME={shlex.quote(str(home.path))} {shlex.quote(sys.executable)} manage.py restored"
        home.warning.write_text(RESTORED.format(command=command), encoding="utf-8")
    else:
        home.warning.unlink(missing_ok=True)


def main() -> None:
    home = utkorg_home()
    wait_for("PostgreSQL", postgres.is_ready, home)
    postgres.create_database(home)
    wait_for("Valkey", valkey.is_ready, home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    import_module("config.starting").compare_with_marks()
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("first_run")
    write_warning(home)


if __name__ == "__main__":
    main()
