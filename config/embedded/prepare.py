"""Before the web server starts: services that answer, tables, static files, and on a first run the sample data."""

import os
import time
from collections.abc import Callable

import django
from django.core.management import call_command

from config.embedded import postgres, valkey
from config.embedded.exceptions import ServiceFailed
from config.embedded.home import Home, utkorg_home

SECONDS_TO_START = 120


def wait_for(service: str, is_ready: Callable[[Home], bool], home: Home) -> None:
    """Return as soon as the service answers. Recovery after a crash may take it a while."""
    end = time.monotonic() + SECONDS_TO_START
    while not is_ready(home):
        if time.monotonic() > end:
            raise ServiceFailed(f"{service} does not answer after {SECONDS_TO_START} seconds")
        time.sleep(0.05)


def main() -> None:
    home = utkorg_home()
    wait_for("PostgreSQL", postgres.is_ready, home)
    postgres.create_database(home)
    wait_for("Valkey", valkey.is_ready, home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("first_run")


if __name__ == "__main__":
    main()
