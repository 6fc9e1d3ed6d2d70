"""`manage.py import_sie FILE… [--company N]`: put SIE files into the registers."""

from collections.abc import Callable
from pathlib import Path

from ledger.importing.report import ImportReport
from ledger.importing.running import Progress
from ledger.management.importing import ImportCommand
from ledger.sie.importing import import_sie_file


class Command(ImportCommand):
    """A line per file on standard output; errors, warnings and progress on standard error."""

    help = "Import SIE files (types 1, 2, 3, 4 and 4I). A bad file changes nothing; the others are still tried."
    requires_a = "SIE file"
    default_number = "the file's #FNR if it is valid, else #ORGNR"

    def import_file(
        self, *, source: Path, name: str, company_number: str | None, progress: Callable[[Progress], None]
    ) -> ImportReport:
        """Import one file. Raises `FileError`."""
        return import_sie_file(source=source, name=name, company_number=company_number, progress=progress)
