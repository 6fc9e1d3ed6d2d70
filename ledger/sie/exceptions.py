"""What can be wrong with a SIE file, each with a stable `code`."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

QUOTED_LENGTH = 60
CORRECT_THE_LINE = _("Correct it in the bookkeeping program, and export the file again.")


def quoted(text: str) -> str:
    """A field's text as a message shows it: never a whole long line, and visible when it is empty."""
    return (text if len(text) <= QUOTED_LENGTH else f"{text[:QUOTED_LENGTH]}…") or '""'


class SieError(Exception):
    """A file that can't be imported: `file`, `line` (from 1; 0 until it is known), `reason`, `advice` on what to do."""

    code: ClassVar[str] = "sie"
    usual_advice: ClassVar[Text] = ""

    def __init__(self, reason: Text, *, line: int = 0, advice: Text = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice or self.usual_advice
        self.line = line
        self.file = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"

    def at(self, file: str, line: int) -> "SieError":
        """Fill in the place, as far as it isn't known."""
        self.file = self.file or file
        self.line = self.line or line
        return self

    @property
    def message(self) -> str:
        """Reason and advice, without the place."""
        return f"{self.reason} {self.advice}".rstrip()


class NotSieError(SieError):
    """The file holds something else than SIE type 1 to 4."""

    code = "not_sie"


class DamagedEncodingError(SieError):
    """Bytes that are no text in the encoding that the rest of the file has."""

    code = "damaged_encoding"


class BrokenLineError(SieError):
    """A line whose fields can't be told apart, or one that lacks a field."""

    code = "broken_line"
    usual_advice = CORRECT_THE_LINE


class BrokenValueError(SieError):
    """A field that should hold an amount, a date, an object list or a text of a certain length, and doesn't."""

    code = "broken_value"
    usual_advice = CORRECT_THE_LINE


class BrokenBlockError(SieError):
    """Braces and the rows between them don't fit together."""

    code = "broken_block"
    usual_advice = CORRECT_THE_LINE


class UnbalancedError(SieError):
    """A voucher whose rows don't sum to zero."""

    code = "unbalanced"


class ChecksumError(SieError):
    """The file isn't as its program wrote it."""

    code = "wrong_checksum"


class UnknownAccountError(SieError):
    """An account that neither the file declares nor the company has."""

    code = "unknown_account"


class DuplicateVoucherError(SieError):
    """Two vouchers of one year with the same series and number."""

    code = "duplicate_voucher"


class CompanyError(SieError):
    """It can't be told whose books these are, or they would be mixed with another company's."""

    code = "company"


class FinancialYearError(SieError):
    """A date or a balance outside the financial years, or years that overlap."""

    code = "financial_year"
    usual_advice = CORRECT_THE_LINE


class PeriodLockedError(SieError):
    """The file would change what is locked."""

    code = "period_locked"


class RefusedError(SieError):
    """The database refused the file for a reason found in no other way."""

    code = "refused"
    usual_advice = _("Nothing of the file is stored. Correct the register or the file, and import it again.")


class BrokenOffError(SieError):
    """The database gave way in the middle: no connection, no room, two who waited for each other."""

    code = "broken_off"
    usual_advice = _("Nothing of the file is stored. Try again; if it goes on, tell who runs Utkorg.")


class UnreadableError(SieError):
    """The file can't be opened or read."""

    code = "unreadable"
    usual_advice = _("Look at its name and its permissions.")
