"""`manage.py work FILE`: work in a working copy offline, in the browser of this machine."""

import os
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from workcopies.exceptions import BadFile
from workcopies.offline import serving
from workcopies.offline.opening import opened

PORT = 8010


class Command(BaseCommand):
    help = "Work in a working copy's file, in a browser, without server, database or network."
    requires_system_checks: Any = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and where the browser finds it."""
        parser.add_argument("file", type=Path, help="the working copy, NAME.utkorg")
        parser.add_argument("--port", type=int, default=PORT, help=f"port on this machine (default {PORT})")

    def handle(self, *_arguments: Any, file: Path, port: int, **_options: Any) -> None:
        """Open the file and answer until Ctrl-C."""
        translation.activate(_language())
        if not settings.UTKORG_WORKING_COPY:
            raise CommandError("Start it as: manage.py work FILE (it has settings of its own).")
        try:
            with _listening(port) as place, opened(file) as copy:
                number = place.getsockname()[1]
                if copy.is_read_only:
                    self.stderr.write(_("The file can't be written: it can be looked at, not changed."))
                self.stdout.write(_("%(file)s is open at http://127.0.0.1:%(port)s/") % {"file": file, "port": number})
                self.stdout.write(_("Ctrl-C closes it."))
                self.stdout.flush()
                serving.serve(copy, place)
        except BadFile as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(_("%(file)s is closed.") % {"file": file})


def _language() -> str:
    """The language of the terminal, where it is one of ours."""
    named = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").partition(".")[0].replace("_", "-").lower()
    first = "nb" if named.startswith("no-") else named.partition("-")[0]
    return first if first in dict(settings.LANGUAGES) else str(settings.LANGUAGE_CODE)


def _listening(port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise CommandError(_("%(port)s is no port.") % {"port": port})
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(("127.0.0.1", port))
        place.listen(64)
    except OSError as error:
        place.close()
        text = _("Port %(port)s is taken on this machine (%(reason)s). Choose another with --port.")
        raise CommandError(text % {"port": port, "reason": error.strerror}) from error
    return place
