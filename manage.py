#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from config.embedded.advice import advice_without_database


def main() -> None:
    if sys.argv[1:2] == ["work"]:
        # Offline there is nothing of what the others name, and nothing of theirs is to be made.
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.work"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        advice = advice_without_database()
        if advice is None:
            raise
        sys.exit(advice)


if __name__ == "__main__":
    main()
