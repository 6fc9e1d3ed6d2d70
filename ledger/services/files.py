"""Importing a file of any kind that is read: its content decides which."""

from pathlib import Path

from ledger.importing.company import Check, anybody
from ledger.importing.exceptions import UnreadableError
from ledger.importing.kinds import format_of
from ledger.importing.messages import message as _
from ledger.importing.report import Format, ImportReport
from ledger.importing.running import Conclude, Watch
from ledger.saft.importing import import_saft_file
from ledger.sie.importing import import_sie_file

SERVICES = {"SIE": import_sie_file, "SAF-T": import_saft_file}


def file_format(*, source: Path, name: str) -> Format:
    """What a file is. Raises `FileError` for what isn't read."""
    try:
        with source.open("rb") as stream:
            return format_of(stream, name)
    except OSError as error:
        raise UnreadableError(_("The file can't be read: %(error)s.") % {"error": error.strerror}).at(
            name, 1
        ) from error


def import_file(
    *,
    source: Path,
    name: str,
    company_number: str | None = None,
    progress: Watch | None = None,
    is_preview: bool = False,
    conclude: Conclude | None = None,
    check_company: Check = anybody,
) -> ImportReport:
    """Store a SIE or SAF-T file in the registers, in one transaction; a preview tells what would change.

    `check_company` is asked for the number of the file's company, and raises where whoever imports may not.

    Raises `FileError` with file and line; then nothing is stored.
    """
    return SERVICES[file_format(source=source, name=name)](
        source=source,
        name=name,
        company_number=company_number,
        progress=progress,
        is_preview=is_preview,
        conclude=conclude,
        check_company=check_company,
    )
