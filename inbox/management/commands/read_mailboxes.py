"""`manage.py read_mailboxes`: takes in what comes to the mailboxes of IMAP_MAILBOXES, until it is told to stop."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inbox.mailboxes.urls import parse_all
from inbox.mailboxes.watching import watch_all


class Command(BaseCommand):
    """Which mailboxes are read is in the settings."""

    help = "Take in invoices from the mailboxes of IMAP_MAILBOXES."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Watch."""
        if not (mailboxes := parse_all(settings.IMAP_MAILBOXES)):
            raise CommandError("IMAP_MAILBOXES names no mailbox.")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: stop.set())
        watch_all(mailboxes, stop)
