"""What can be wrong with a SAF-T file in particular."""

from ledger.importing.exceptions import CORRECT_IT, FileError
from ledger.importing.messages import message as _


class NotSaftError(FileError):
    """The file holds something else than Norwegian SAF-T Financial data of a version that is read."""

    code = "not_saft"
    usual_advice = _("Choose a SAF-T Financial file of Norway, version 1.0, 1.10, 1.20 or 1.30.")


class BrokenXmlError(FileError):
    """The XML is cut off, damaged or built to harm."""

    code = "broken_xml"
    usual_advice = _("Export the file again from the bookkeeping program, and don't change it by hand.")


class MissingElementError(FileError):
    """An element that the standard wants isn't there."""

    code = "missing_element"
    usual_advice = CORRECT_IT


class TotalsError(FileError):
    """The file's own totals aren't those of its transactions."""

    code = "wrong_totals"
    usual_advice = _("Something of the file is missing or was changed: export it again from the bookkeeping program.")
