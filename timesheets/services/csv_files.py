"""Files of hours (CSV): read as people's programs write them, looked at, and stored as a whole or not at all."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ledger.exceptions import LedgerError
from ledger.models import Company
from timesheets.exceptions import HoursRefused, RowError
from timesheets.models import HoursFile, TimeTransaction
from timesheets.services.cleaning import FILLED_IN, WRITABLE
from timesheets.services.registering import Registered, register_hours

# They are stored while the page waits: some seconds
MOST_ROWS = 20_000
LONGEST_SHOWN = 64  # of a text out of the file
MOST_BYTES = 32 << 20
KEPT = timedelta(days=1)
DELIMITERS = ";\t,"
BLANKS = re.compile(r"[\s\u00a0\u202f]")
# What our own export puts before what a spreadsheet would take for a formula
GUARD = re.compile(r"^'(?=[=+\-@\t\r＝＋－＠])")
NORDIC_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
PLAIN_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
DOTTED_CLOCK = re.compile(r"(\d{1,2})[.:](\d{2})((?::\d{2})?)")
COMPANY = "company"
# Names that people use beside the fields' own
FURTHER = {
    "registration": (gettext_noop("registration"),),
    "time_category": (gettext_noop("time category"), gettext_noop("time category number")),
    "quantity": (gettext_noop("hours"),),
    COMPANY: (gettext_noop("company"),),
}
TEMPLATE = (
    "employee_id",
    "employee",
    "date_in",
    "time_in",
    "time_out",
    "time_category",
    "quantity",
    "free_text",
    "department_id",
    "department",
    "project_id",
    "project",
    "registration",
    "external_id",
)
EXAMPLE = {
    "employee_id": "155",
    "employee": "Ola Danielsen",
    "date_in": "2026-11-20",
    "time_in": "08:00",
    "time_out": "16:30",
    "time_category": "10",
    "quantity": "8,00",
}


class FileRefused(LedgerError):
    """A file that can't be read as hours at all."""

    code = "not_read"
    field = "file"


@dataclass(kw_only=True)
class Table:
    """What a file holds: rows as `register_hours` takes them, and the line that each begins at."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong of a file, at its line; `stands` is what the field holds, cut off where it is long."""

    line: int
    column: str
    stands: str
    message: str | Promise


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a file would do, or has done."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    hours: Decimal = Decimal(0)
    wrong: Sequence[Wrong] = ()
    left_out: Sequence[str] = ()


@transaction.atomic
def keep(*, company: Company, name: str, content: bytes, by: User) -> HoursFile:
    """Keep a file until it is confirmed, for a day at most. Raises `FileRefused` for one that can't be read."""
    read_table(content, company=company)
    HoursFile.objects.filter(uploaded_at__lt=timezone.now() - KEPT).delete()
    return HoursFile.objects.create(company=company, name=name[:255], content=content, uploaded_by=by)


def look(*, file: HoursFile, may_change: bool) -> Outcome:
    """Tell what a file would do; nothing is written."""
    return _run(file, may_change=may_change, is_preview=True)


def store(*, file: HoursFile, may_change: bool) -> Outcome:
    """Store a file's hours, all of them or, where something is wrong, none; a stored file isn't kept."""
    with transaction.atomic():
        locked = HoursFile.objects.select_for_update(of=("self",)).filter(pk=file.pk).first()
        if locked is None:
            raise FileRefused(_("The file is stored already, or was kept for longer than a day. Choose it again."))
        outcome = _run(locked, may_change=may_change, is_preview=False)
        if not outcome.wrong:
            locked.delete()
    return outcome


def _run(file: HoursFile, *, may_change: bool, is_preview: bool) -> Outcome:
    table = read_table(bytes(file.content), company=file.company)
    try:
        done = register_hours(
            company=file.company,
            rows=table.rows,
            may_change=may_change,
            change_known_uids=True,
            is_preview=is_preview or bool(table.errors),
        )
    except HoursRefused as error:
        return _told(table, [], [*table.errors, *error.errors])
    return _told(table, done, table.errors)


def _told(table: Table, done: Sequence[Registered], errors: Sequence[RowError]) -> Outcome:
    counts = {outcome: sum(row.outcome == outcome for row in done) for outcome in ("created", "changed", "unchanged")}
    return Outcome(
        **counts,
        withdrawn=sum(row.approvals_withdrawn for row in done),
        hours=sum((Decimal(row["quantity"]) for row in table.rows if row.get("quantity")), Decimal(0))
        if done
        else Decimal(0),
        wrong=[
            Wrong(
                line=table.lines[error.row],
                column=label(error.field),
                stands=str(table.rows[error.row].get(error.field or "") or "")[:LONGEST_SHOWN],
                message=error.message,
            )
            for error in sorted(errors, key=lambda error: error.row)
        ],
        left_out=table.left_out,
    )


def read_table(content: bytes, *, company: Company) -> Table:
    """Read a file: UTF-8 or Windows-1252, with semicolons, tabs or commas, under a line of headings."""
    text = _decoded(content)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda one: _known_in(first, one))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    table = Table()
    names: list[str | None] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _headings(cells, table)
                continue
            _add(table, names, cells, reader.line_num, company)
            if len(table.rows) > MOST_ROWS:
                raise FileRefused(_("The file has more than %(most)s rows. Divide it.") % {"most": MOST_ROWS})
    except csv.Error as error:
        told = _("Line %(line)s can't be read: %(error)s.") % {"line": reader.line_num, "error": error}
        raise FileRefused(told) from error
    if not table.rows:
        raise FileRefused(_("The file has no rows below its headings."))
    return table


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise FileRefused(_("The file is larger than %(most)s MB. Divide it.") % {"most": MOST_BYTES >> 20})
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(_("This is an Excel file or a zip archive. Save the sheet as CSV, and choose that file."))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise FileRefused(_("This is no CSV file in UTF-8 or Windows-1252. Save it as “CSV UTF-8”."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise FileRefused(_("This is no CSV file in UTF-8 or Windows-1252. Save it as “CSV UTF-8”.")) from error


def _known_in(first: str, delimiter: str) -> int:
    try:
        cells = next(csv.reader([first.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:  # told with its line when the file is read
        return 0
    return sum(_key(cell) in known_headings() for cell in cells)


def _headings(cells: Sequence[str], table: Table) -> list[str | None]:
    names: list[str | None] = []
    unknown = [cell.strip() for cell in cells if cell.strip() and _key(cell) not in known_headings()]
    if unknown:
        text = _("The file has columns that hours don’t: %(columns)s. The template shows what the columns are called.")
        raise FileRefused(text % {"columns": ", ".join(name[:LONGEST_SHOWN] for name in unknown[:10])})
    for cell in cells:
        name = known_headings().get(_key(cell))
        if name in names and name is not None:
            raise FileRefused(_("The column %(column)s is there twice.") % {"column": cell.strip()})
        names.append(None if name in FILLED_IN else name)
        if name in FILLED_IN:
            table.left_out.append(cell.strip())
    if "time_category" not in names:
        raise FileRefused(
            _("The file has no column for the time category. The template shows what the columns are called.")
        )
    return names


def _add(table: Table, names: Sequence[str | None], cells: Sequence[str], line: int, company: Company) -> None:
    row, place = {}, len(table.rows)
    if any(cell.strip() for cell in cells[len(names) :]):
        table.errors.append(
            RowError(row=place, code="invalid", message=_("The row has more columns than the headings."))
        )
    for name, cell in zip(names, cells, strict=False):
        value = GUARD.sub("", cell.strip())
        if name == COMPANY:
            if value not in ("", company.number):
                text = _("The row is of company %(number)s.") % {"number": value[:32]}
                table.errors.append(RowError(row=place, field=COMPANY, code="invalid", message=text))
        elif name is not None:
            row[name] = _value(name, value)
    table.rows.append(row)
    table.lines.append(line)


def _value(name: str, value: str) -> str | None:
    if not value:
        return None
    match TimeTransaction._meta.get_field(name).get_internal_type() if name in WRITABLE else "":
        case "DecimalField":
            plain = BLANKS.sub("", value).replace("−", "-")
            return plain.replace(",", ".") if "." not in plain else plain
        case "DateField":
            if found := NORDIC_DAY.fullmatch(value):
                return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
            return "-".join(found.groups()) if (found := PLAIN_DAY.fullmatch(value)) else value
        case "TimeField":
            found = DOTTED_CLOCK.fullmatch(value)
            return f"{int(found[1]):02}:{found[2]}{found[3]}" if found else value
        case _:
            return value


def label(name: str | None) -> str:
    """What a column is called in the language in force."""
    if name is None:
        return ""
    if name in FURTHER:
        return _(FURTHER[name][0])
    if name in WRITABLE:
        return str(TimeTransaction._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return name


def template() -> bytes:
    """A file to begin with: the usual columns in the language in force, and a row that shows their forms."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([label(name) for name in TEMPLATE])
    writer.writerow([EXAMPLE.get(name, "") for name in TEMPLATE])
    return out.getvalue().encode("utf-8-sig")


@cache
def known_headings() -> Mapping[str, str]:
    """The column of each heading that is known: a field's name in `data`, or its label in any of the languages."""
    found = {_key(name): name for name in (*WRITABLE, *FILLED_IN, *FURTHER, "uid")}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for name in (*WRITABLE, *FURTHER):
                for text in (label(name), *(_(one) for one in FURTHER.get(name, ()))):
                    found.setdefault(_key(text), name)
    return found


def _key(heading: str) -> str:
    return " ".join(heading.strip().casefold().replace("_", " ").split())
