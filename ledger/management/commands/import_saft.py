"""`manage.py import_saft FILE… [--company N]`: put SAF-T Financial files of Norway into the registers."""

from ledger.management.importing import ImportCommand
from ledger.saft.importing import import_saft_file


class Command(ImportCommand):
    """A line per file on standard output; errors, warnings and progress on standard error."""

    service = staticmethod(import_saft_file)
    help = (
        "Import SAF-T Financial files of Norway (versions 1.0, 1.10, 1.20 and 1.30). "
        "A bad file changes nothing; the others are still tried."
    )
    requires_a = "SAF-T file"
    default_number = "the company's RegistrationNumber in the file"
