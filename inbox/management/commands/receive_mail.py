"""`manage.py receive_mail`: the mail server of the e-mail portal, until it is told to stop."""

import asyncio
import ssl
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inbox.mail_server.server import of_settings, serve


class Command(BaseCommand):
    """Where it listens is in the settings."""

    help = "Receive invoices by mail, on SMTP_HOST and SMTP_PORT."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Serve."""
        host, port = settings.SMTP_HOST, settings.SMTP_PORT
        try:
            asyncio.run(serve(of_settings(), host, port))
        except (OSError, ssl.SSLError) as error:
            raise CommandError(f"Mail can't be received on {host}:{port}: {error}") from error
