"""Excel files: amounts are numbers, days are days, and a text stays a text whatever it looks like."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from access.http.admin.export.columns import Column, Value

MOST_ROWS = 100_000
MOST_CHARACTERS = 32_767  # of a cell
AMOUNT, DAY, MOMENT = "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


def written(columns: Sequence[Column], pieces: Iterable[Sequence[Any]], *, title: str) -> IO[bytes]:
    """Return the file, at its beginning; it is gone when it is closed."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(len(column.heading) + 4, 40))
    sheet.append([_heading(sheet, column.heading) for column in columns])
    cells = [_Cells(sheet) for _column in columns]
    for rows in pieces:
        for row in rows:
            sheet.append([cell.of(column.value(row)) for column, cell in zip(columns, cells, strict=True)])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    return file


def _sheet_name(title: str) -> str:
    return "".join(letter for letter in title if letter not in r"[]:*?/\'")[:31] or "Utkorg"


def _heading(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


class _Cells:
    """The cells of one column: each is written at once, so that one of each form serves all rows."""

    def __init__(self, sheet: Any) -> None:
        self._words = {True: _("yes"), False: _("no")}
        self._text = WriteOnlyCell(sheet)
        self._amount, self._day, self._moment = (WriteOnlyCell(sheet) for _form in range(3))
        self._amount.number_format, self._day.number_format, self._moment.number_format = AMOUNT, DAY, MOMENT

    def of(self, value: Value) -> Any:
        """Return what the sheet takes of a value."""
        match value:
            case bool():
                return self._words[value]
            case Decimal():
                return _filled(self._amount, value)
            case datetime():
                return _filled(self._moment, timezone.make_naive(value))
            case date():
                return _filled(self._day, value)
            case str():
                return self._plain(value)
        return value

    def _plain(self, text: str) -> Any:
        text = ILLEGAL_CHARACTERS_RE.sub("", text)[:MOST_CHARACTERS]
        if not text.startswith(("=", "#")):
            return text
        # The library takes the one for a formula and some of the other for errors.
        cell = _filled(self._text, text)
        cell.data_type = "s"
        return cell


def _filled(cell: Any, value: Any) -> Any:
    cell.value = value
    return cell
