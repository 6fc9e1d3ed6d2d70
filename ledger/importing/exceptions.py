"""What can be wrong with a file, each with a stable `code`."""

from typing import ClassVar

from ledger.importing.messages import NOTHING, Text
from ledger.importing.messages import message as _

QUOTED_LENGTH = 60
CORRECT_IT = _("Correct it in the bookkeeping program, and export the file again.")


def quoted(text: str) -> str:
    """A field's text as a message shows it: never a whole long line, and visible when it is empty."""
    return (text if len(text) <= QUOTED_LENGTH else f"{text[:QUOTED_LENGTH]}…") or '""'


class FileError(Exception):
    """A file that can't be imported: `file`, `line` (from 1; 0 until it is known), `reason`, `advice` on what to do.

    `place` is the way to an XML element, `excerpt` the line's own text; both are empty where they don't apply.
    """

    code: ClassVar[str] = "file"
    usual_advice: ClassVar[Text] = NOTHING

    def __init__(self, reason: Text, *, line: int = 0, advice: Text = NOTHING, place: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice or self.usual_advice
        self.line = line
        self.place = place
        self.file = ""
        self.excerpt = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.place}: ' if self.place else ''}{self.message}"

    def at(self, file: str, line: int) -> "FileError":
        """Fill in the place, as far as it isn't known."""
        self.file = self.file or file
        self.line = self.line or line
        return self

    @property
    def message(self) -> str:
        """Reason and advice, without the place."""
        return f"{self.reason} {self.advice}".rstrip()


class DamagedEncodingError(FileError):
    """Bytes that are no text in the encoding that the rest of the file has."""

    code = "damaged_encoding"


class BrokenValueError(FileError):
    """A field that should hold an amount, a date, an object list or a text of a certain length, and doesn't."""

    code = "broken_value"
    usual_advice = CORRECT_IT


class UnbalancedError(FileError):
    """A voucher whose rows don't sum to zero."""

    code = "unbalanced"


class UnknownAccountError(FileError):
    """An account that neither the file declares nor the company has."""

    code = "unknown_account"


class DuplicateVoucherError(FileError):
    """Two vouchers of one year with the same series and number."""

    code = "duplicate_voucher"


class CompanyError(FileError):
    """It can't be told whose books these are, or they would be mixed with another company's."""

    code = "company"


class FinancialYearError(FileError):
    """A date or a balance outside the financial years, or years that overlap."""

    code = "financial_year"
    usual_advice = CORRECT_IT


class PeriodLockedError(FileError):
    """The file would change what is locked."""

    code = "period_locked"


class RefusedError(FileError):
    """The database refused the file for a reason found in no other way."""

    code = "refused"
    usual_advice = _("Nothing of the file is stored. Correct the register or the file, and import it again.")


class BrokenOffError(FileError):
    """The database gave way in the middle: no connection, no room, two who waited for each other."""

    code = "broken_off"
    usual_advice = _("Nothing of the file is stored. Try again; if it goes on, tell who runs Utkorg.")


class UnreadableError(FileError):
    """The file can't be opened or read."""

    code = "unreadable"
    usual_advice = _("Look at its name and its permissions.")
