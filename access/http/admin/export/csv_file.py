"""CSV as the spreadsheet of the reader's language opens it with a double click, and as programs read it."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from access.http.admin.export.columns import Column, Value

# Excel takes UTF-8 for what it is by this alone.
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet would take for the beginning of a formula, the forms of East Asian keyboards included
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def written(columns: Sequence[Column], pieces: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the file, a piece at a time: headings, then rows."""
    decimal_comma = get_format("DECIMAL_SEPARATOR") == ","
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if decimal_comma else ",", lineterminator="\r\n")
    cell = _cell(decimal_comma=decimal_comma)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow([cell(column.heading) for column in columns])
    for rows in pieces:
        writer.writerows([cell(column.value(row)) for column in columns] for row in rows)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if rest := buffer.getvalue():
        yield rest


def _cell(*, decimal_comma: bool) -> Callable[[Value], str | int]:
    yes, no = _("yes"), _("no")

    def cell(value: Value) -> str | int:
        match value:
            case bool():
                return yes if value else no
            case Decimal():
                text = f"{value:f}"
                return text.replace(".", ",") if decimal_comma else text
            case datetime():
                return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
            case str():
                return harmless(value)
            case date():
                return value.isoformat()
            case _:
                return "" if value is None else value

    return cell


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before what looks like one."""
    return f"'{text}" if text.startswith(FORMULA) else text
