"""`manage.py import_sie FILE… [--company N]`: put SIE files into the registers."""

from ledger.management.importing import ImportCommand
from ledger.sie.importing import import_sie_file


class Command(ImportCommand):
    """A line per file on standard output; errors, warnings and progress on standard error."""

    service = staticmethod(import_sie_file)
    help = "Import SIE files (types 1, 2, 3, 4 and 4I). A bad file changes nothing; the others are still tried."
    requires_a = "SIE file"
    default_number = "the file's #FNR if it is valid, else #ORGNR"
