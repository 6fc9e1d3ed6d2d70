"""What can be wrong with a SIE file in particular, and what can be wrong with any."""

from ledger.importing.exceptions import (
    CORRECT_IT,
    BrokenOffError,
    BrokenValueError,
    CompanyError,
    DamagedEncodingError,
    DuplicateVoucherError,
    FileError,
    FinancialYearError,
    PeriodLockedError,
    RefusedError,
    UnbalancedError,
    UnknownAccountError,
    UnreadableError,
    quoted,
)
from ledger.importing.messages import Text

__all__ = [
    "BrokenBlockError",
    "BrokenLineError",
    "BrokenOffError",
    "BrokenValueError",
    "ChecksumError",
    "CompanyError",
    "DamagedEncodingError",
    "DuplicateVoucherError",
    "FileError",
    "FinancialYearError",
    "NotSieError",
    "PeriodLockedError",
    "RefusedError",
    "Text",
    "UnbalancedError",
    "UnknownAccountError",
    "UnreadableError",
    "quoted",
]


class NotSieError(FileError):
    """The file holds something else than SIE type 1 to 4."""

    code = "not_sie"


class BrokenLineError(FileError):
    """A line whose fields can't be told apart, or one that lacks a field."""

    code = "broken_line"
    usual_advice = CORRECT_IT


class BrokenBlockError(FileError):
    """Braces and the rows between them don't fit together."""

    code = "broken_block"
    usual_advice = CORRECT_IT


class ChecksumError(FileError):
    """The file isn't as its program wrote it."""

    code = "wrong_checksum"
