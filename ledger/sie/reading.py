"""A SIE file as a stream of records, with every fault of the file found and placed.

Source: SIE 4B §5–§11.
"""

import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import BinaryIO

from ledger.importing.messages import message as _
from ledger.importing.records import NAME_LENGTH, NUMBER_LENGTH
from ledger.importing.remarks import Remarks
from ledger.sie import labels
from ledger.sie.checksum import Checksum
from ledger.sie.encoding import Encoding, decide_encoding
from ledger.sie.exceptions import (
    BrokenBlockError,
    BrokenLineError,
    ChecksumError,
    FileError,
    FinancialYearError,
    NotSieError,
    UnbalancedError,
    quoted,
)
from ledger.sie.fields import Fields
from ledger.sie.records import AccountKind, Record, Row, SieIdentity, Stated, VoucherEnd, VoucherStart
from ledger.sie.rows import AddedRows, any_row, common_row
from ledger.sie.values import is_finer_than_kept

END_OF_FILE = "\x1a"  # Ctrl-Z, which programs under DOS wrote
TYPES = range(1, 5)


class SieReader:
    """Reads one file. `identity` and `warnings` are complete once the records are read to the end.

    Iterating raises `FileError` with file and line for whatever is wrong. The stream must be seekable; it is read twice
    (its encoding is decided first) and left open.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self.identity = SieIdentity()
        self.warnings = Remarks()
        self.line = 0
        self.encoding: Encoding = "cp437"
        self._stream = stream
        self._size = 0
        self._lines: Iterator[str] = iter(())
        self._checksum: Checksum
        self._checksum_line = 0
        self._is_sie = False
        self._block_may_follow = False
        self._readers: dict[str, Callable[[Fields], Record | None]] = {
            "#FLAGGA": self._flag,
            "#SIETYP": self._type,
            "#FNR": self._number,
            "#ORGNR": self._organisation_number,
            "#FNAMN": self._name,
            "#PROGRAM": self._program,
            "#VALUTA": self._currency,
            "#RAR": self._year,
            "#KSUMMA": self._sum,
            "#KONTO": lambda fields: labels.account_name(fields, self.line),
            "#KTYP": self._account_kind,
            "#DIM": lambda fields: labels.dimension(fields, self.line),
            "#UNDERDIM": lambda fields: labels.sub_dimension(fields, self.line),
            "#OBJEKT": lambda fields: labels.object_name(fields, self.line),
            **dict.fromkeys(labels.KINDS, self._balance),
        }

    @property
    def share(self) -> float:
        """How much of the file is read, 0 to 1."""
        return self._stream.tell() / self._size if self._size else 0.0

    def __iter__(self) -> Iterator[Record]:
        try:
            self._size = self._stream.seek(0, io.SEEK_END)
            self._stream.seek(0)
            self.encoding = decide_encoding(self._stream, self.warnings)
            self._checksum = Checksum(self.encoding)
            self._stream.seek(0)
            text = io.TextIOWrapper(self._stream, encoding=self.encoding)
            try:
                yield from self._records(text)
            finally:
                text.detach()
        except FileError as error:
            raise error.at(self.name, max(self.line, 1)) from error.__cause__

    def _records(self, text: io.TextIOWrapper) -> Iterator[Record]:
        self._lines = self._numbered(text)
        for line in self._lines:
            fields = Fields(line)
            if fields.label == "#VER":
                yield from self._voucher(labels.voucher(fields, self.line))
            elif fields.label.startswith("#"):
                record = self._record(fields)
                if record is not None:
                    yield record
            elif fields.label.strip(END_OF_FILE):
                self._block_or_stray(fields.label)
        self._finish()

    def _numbered(self, text: io.TextIOWrapper) -> Iterator[str]:
        for self.line, whole_line in enumerate(text, 1):
            line = whole_line.rstrip("\n")
            if self._checksum.active:
                self._checksum.add(line)
            yield line

    def _record(self, fields: Fields) -> Record | None:
        if fields.label in labels.ROWS:
            raise BrokenBlockError(_("%(label)s stands outside a voucher.") % {"label": fields.label})
        reader = self._readers.get(fields.label)
        self._block_may_follow = reader is None
        if reader is None:
            return None
        self._is_sie = True
        record = reader(fields)
        self._warn_of_quotes(fields)
        return record

    def _warn_of_quotes(self, fields: Fields) -> None:
        if not fields.is_standard:
            self.warnings.add(self.line, _("Quotation marks inside a field aren't escaped."))

    def _warn_of_rounding(self, quantity: Decimal | None, line: int) -> None:
        if quantity is not None and is_finer_than_kept(quantity):
            self.warnings.add(line, _("A quantity has more than 4 decimals; it is rounded."))

    def _warn_of_added(self, added: AddedRows, start: VoucherStart) -> None:
        if added:
            self.warnings.add(
                start.line, _("An added row (#RTRANS) of the voucher isn't repeated as #TRANS after it; it counts.")
            )

    def _block_or_stray(self, label: str) -> None:
        if not self._is_sie:
            raise _not_sie()
        if label == "{" and self._block_may_follow:
            self._skip_block()
        elif label in "{}":
            raise BrokenBlockError(_("A brace stands where no voucher is."))
        else:
            raise BrokenLineError(
                _("The line starts with neither a label (#) nor a brace."),
                advice=_("A text must not be broken into several lines."),
            )

    def _skip_block(self) -> None:
        # What a later version of the standard adds may have rows of its own.
        opened = self.line
        for line in self._lines:
            if line.strip() == "}":
                return
            if self._is_known(Fields(line).label):
                break
        raise BrokenBlockError(_("The block isn't closed by a brace."), line=opened)

    def _is_known(self, label: str) -> bool:
        return label == "#VER" or label in self._readers

    def _voucher(self, start: VoucherStart) -> Iterator[Record]:
        self._is_sie = True
        self._block_may_follow = False
        self._expect_open_brace(start)
        yield start
        total, rows = Decimal(), 0
        for row in self._rows(start):
            total += row.amount
            rows += 1
            self._warn_of_rounding(row.quantity, row.line)
            yield row
        if total:
            raise _unbalanced(start, total)
        yield VoucherEnd(self.line, start, rows)

    def _expect_open_brace(self, start: VoucherStart) -> None:
        if next(self._filled_lines(), "").strip() != "{":
            raise BrokenBlockError(
                _("Voucher %(voucher)s has no block of rows: an opening brace on a line of its own is missing.")
                % {"voucher": label_of(start)},
                line=start.line,
            )

    def _filled_lines(self) -> Iterator[str]:
        return (line for line in self._lines if line.strip())

    def _rows(self, start: VoucherStart) -> Iterator[Row]:
        added = AddedRows()
        for text in self._lines:
            row = common_row(text, self.line, start.voucher_date)
            if row is None:
                fields = Fields(text)
                if fields.label == "}":
                    self._warn_of_added(added, start)
                    return
                row = self._uncommon_row(fields, start)
                if row is None:
                    continue
                if fields.label == "#RTRANS":
                    added.add(row)
                    yield row
                    continue
            if added and added.repeats(row):
                continue
            yield row
        raise _not_closed(start)

    def _uncommon_row(self, fields: Fields, start: VoucherStart) -> Row | None:
        """The row of a line in a voucher's block; None for what is no row of it: removed, unknown, blank."""
        if fields.label in ("#TRANS", "#RTRANS"):
            row = any_row(fields, self.line, start.voucher_date)
            self._warn_of_quotes(fields)
            return row
        if self._is_known(fields.label):
            raise _not_closed(start)
        if fields.label and not fields.label.startswith("#"):
            raise BrokenBlockError(
                _("The line is no row of voucher %(voucher)s.") % {"voucher": label_of(start)},
                advice=_("Braces stand alone on their lines."),
            )
        return None

    def _balance(self, fields: Fields) -> Record:
        self.identity.has_balances = True
        balance = labels.balance(fields, self.line)
        self._warn_of_rounding(balance.quantity, self.line)
        return balance

    def _account_kind(self, fields: Fields) -> AccountKind:
        kind = labels.account_kind(fields, self.line)
        if kind.letter not in labels.LETTERS:
            self.warnings.add(
                self.line,
                _("%(letter)s is no type of account (T, S, I or K); it is left out.") % {"letter": quoted(kind.letter)},
            )
        return kind

    def _year(self, fields: Fields) -> None:
        stated = labels.year(fields, self.line)
        for other in self.identity.years:
            if other.number == stated.number and other[2:] != stated[2:]:
                raise FinancialYearError(
                    _("The file states year %(number)d twice, with different days.") % {"number": stated.number}
                )
        self.identity.years.append(stated)

    def _flag(self, fields: Fields) -> None:
        if fields.optional() == "1":
            self.identity.already_imported = True
            self.warnings.add(self.line, _("The file says that it is already imported (#FLAGGA 1)."))

    def _type(self, fields: Fields) -> None:
        self.identity.declared_type = fields.number("typnr")
        if self.identity.declared_type not in TYPES:
            raise NotSieError(
                _("SIE type %(type)d isn't known.") % {"type": self.identity.declared_type}, advice=NOT_SIE_ADVICE
            )

    def _number(self, fields: Fields) -> None:
        self.identity.number = self._stated(fields)

    def _organisation_number(self, fields: Fields) -> None:
        self.identity.organisation_number = self._stated(fields, NUMBER_LENGTH)

    def _name(self, fields: Fields) -> None:
        self.identity.name = self._stated(fields, NAME_LENGTH)

    def _program(self, fields: Fields) -> None:
        self.identity.program = self._stated(fields)

    def _currency(self, fields: Fields) -> None:
        self.identity.currency = self._stated(fields)

    def _stated(self, fields: Fields, limit: int | None = None) -> Stated:
        return Stated(fields.optional(limit), self.line)

    def _sum(self, fields: Fields) -> None:
        text = fields.optional()
        if not text:
            self._checksum = self._checksum.restarted()
            self._checksum_line = self.line
        elif not self._checksum.active:
            self.warnings.add(self.line, _("The checksum isn't looked at: the file lacks the line where it begins."))
        elif not self._checksum.agrees_with(text):
            raise ChecksumError(
                _("The checksum is wrong: the file isn't as its program wrote it."),
                advice=_("Export the file again, and don't change it by hand."),
            )
        else:
            self._checksum.active = False

    def _finish(self) -> None:
        if not self._is_sie:
            raise _not_sie()
        if self._checksum.active:
            raise ChecksumError(
                _("The file ends without the checksum that line %(line)d promises.") % {"line": self._checksum_line},
                advice=_("It has been cut off: export it again."),
            )


NOT_SIE_ADVICE = _("Choose a file of SIE type 1, 2, 3, 4 or 4I. SIE 5 (XML) isn't read.")


def label_of(start: VoucherStart) -> str:
    """Series and number as a person names the voucher; the line where it has none."""
    return f"{start.series} {start.number}".strip() or f"({start.voucher_date})"


def _not_sie() -> NotSieError:
    return NotSieError(_("The file is no SIE file."), line=1, advice=NOT_SIE_ADVICE)


def _not_closed(start: VoucherStart) -> BrokenBlockError:
    return BrokenBlockError(
        _("Voucher %(voucher)s isn't closed by a brace.") % {"voucher": label_of(start)},
        line=start.line,
        advice=_("The file may have been cut off: export it again."),
    )


def _unbalanced(start: VoucherStart, total: Decimal) -> UnbalancedError:
    return UnbalancedError(
        _("Voucher %(voucher)s doesn't sum to zero: debit less credit is %(difference)s.")
        % {"voucher": label_of(start), "difference": total},
        line=start.line,
        advice=_("Correct the voucher in the bookkeeping program and export the file again."),
    )
