"""`manage.py import_saft FILE… [--company N]`: put SAF-T Financial files of Norway into the registers."""

from collections.abc import Callable
from pathlib import Path

from ledger.importing.report import ImportReport
from ledger.importing.running import Progress
from ledger.management.importing import ImportCommand
from ledger.saft.importing import import_saft_file


class Command(ImportCommand):
    """A line per file on standard output; errors, warnings and progress on standard error."""

    help = (
        "Import SAF-T Financial files of Norway (versions 1.0, 1.10, 1.20 and 1.30). "
        "A bad file changes nothing; the others are still tried."
    )
    requires_a = "SAF-T file"
    default_number = "the company's RegistrationNumber in the file"

    def import_file(
        self, *, source: Path, name: str, company_number: str | None, progress: Callable[[Progress], None]
    ) -> ImportReport:
        """Import one file. Raises `FileError`."""
        return import_saft_file(source=source, name=name, company_number=company_number, progress=progress)
