"""An integration's own figures, as somebody pastes them, beside the register's: which company and month differs.

They are read as the answer of `reconciliation`, as a list of its lines, or as lines copied from a spreadsheet.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from revisions.exceptions import CannotReconcile
from revisions.reconciliation import Figures, Line, Period

NAMES = ("company", "period", "rows", "debit", "credit", "hash")
COLUMNS = re.compile(r"[\t;]")
GROUPING = re.compile(r"[\s']")
MONTH = re.compile(r"(\d{4})-?(\d{2})")
MOST_GIVEN = 20_000

Place = tuple[str, str | None]
State = Literal["equal", "different", "only_register", "only_copy"]


@dataclasses.dataclass(frozen=True)
class Given:
    """What an integration says that it has of a month; what it doesn't say is None, and isn't compared."""

    rows: int
    debit: Decimal | None = None
    credit: Decimal | None = None
    hash: str | None = None


@dataclasses.dataclass(frozen=True)
class Compared:
    """A month of a company beside what the integration has; `differing` names what isn't alike."""

    company: str
    period: str | None
    register: Line | None
    copy: Given | None
    differing: frozenset[str]

    @property
    def state(self) -> State:
        """What became of it."""
        if self.register is None:
            return "only_copy"
        if self.copy is None:
            return "only_register"
        return "different" if self.differing else "equal"


def read(text: str) -> Mapping[Place, Given]:
    """The figures in a text; raises `CannotReconcile` that says where it can't be read."""
    text = text.strip().removeprefix("\ufeff")
    lines = list(_of_json(text) if text.startswith(("{", "[")) else _of_table(text))
    if len(lines) > MOST_GIVEN:
        raise _unreadable(_("These are more than %(count)s lines.") % {"count": MOST_GIVEN})
    found = {}
    for where, line in lines:
        place, given = _given(where, line)
        if place in found:
            raise _unreadable(_("%(where)s: this company and month stands there twice.") % {"where": where})
        found[place] = given
    return found


def compare(figures: Figures, copy: Mapping[Place, Given], period: Period) -> tuple[Sequence[Compared], int]:
    """Every month that either has, in order, and how many of the integration's are of others than were asked for."""
    register: dict[Place, Line] = {
        (company.company, line.period): line for company in figures.companies for line in company.periods
    }
    known = {company.company for company in figures.companies}
    asked = {place: given for place, given in copy.items() if place[0] in known and period.includes(place[1])}
    order = {company.company: place for place, company in enumerate(figures.companies)}
    places = sorted(register.keys() | asked.keys(), key=lambda place: (order[place[0]], place[1] or ""))
    return [_compared(place, register.get(place), asked.get(place)) for place in places], len(copy) - len(asked)


def _compared(place: Place, register: Line | None, copy: Given | None) -> Compared:
    differing: set[str] = set()
    if register is not None and copy is not None:
        pairs = {
            "rows": (register.rows, copy.rows),
            "debit": (_amount(register.debit), copy.debit),
            # Some write credit with its sign, some without
            "credit": (_size(_amount(register.credit)), _size(copy.credit)),
            "hash": (register.hash, copy.hash),
        }
        differing = {name for name, (ours, theirs) in pairs.items() if None not in (ours, theirs) and ours != theirs}
    return Compared(*place, register, copy, frozenset(differing))


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _size(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else abs(amount)


# Reading


def _of_json(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        found = json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise _unreadable(_("This isn't whole JSON: %(error)s") % {"error": error}) from error
    if isinstance(found, dict):
        found = [
            {"company": company.get("company"), **line}
            for company in _list(found.get("companies"))
            for line in _list(company.get("periods"))
        ]
    for number, line in enumerate(_list(found), start=1):
        yield _("Line %(number)s") % {"number": number}, line


def _list(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _unreadable(_("This isn't the answer of the reconciliation, nor a list of its lines."))
    return found


def _of_table(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    names: Sequence[str] = NAMES
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in COLUMNS.split(line)]
        if number == 1 and {"company", "rows"} <= {cell.lower() for cell in cells}:
            names = [cell.lower() for cell in cells]
        elif any(cells):
            yield _("Line %(number)s") % {"number": number}, dict(zip(names, cells, strict=False))


def _given(where: str, line: Mapping[str, Any]) -> tuple[Place, Given]:
    company, rows = str(line.get("company") or ""), _plain(line.get("rows"))
    if not company or rows is None or not rows.isdecimal() or len(rows) > 18:
        raise _unreadable(_("%(where)s: a company and a number of rows are needed.") % {"where": where})
    sums = {name: _sum(where, _plain(line.get(name))) for name in ("debit", "credit")}
    return (company, _month(where, line.get("period"))), Given(int(rows), **sums, hash=_hash(line.get("hash")))


def _plain(value: Any) -> str | None:
    """A number without what groups its digits; None for none."""
    text = GROUPING.sub("", str(value)).replace("\u2212", "-") if value is not None else ""
    if "," in text and "." in text:
        text = text.replace("," if text.rindex(".") > text.rindex(",") else ".", "")
    return text.replace(",", ".") or None


def _sum(where: str, text: str | None) -> Decimal | None:
    try:
        amount = None if text in (None, "–", "-") else Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount is not None and not amount.is_finite():
        raise _unreadable(_("%(where)s: %(text)s is no amount.") % {"where": where, "text": text})
    return amount


def _month(where: str, value: Any) -> str | None:
    if value in (None, "", "–", "-"):
        return None
    found = MONTH.fullmatch(str(value))
    if found is None:
        raise _unreadable(_("%(where)s: %(text)s is no month (YYYY-MM).") % {"where": where, "text": value})
    return f"{found[1]}-{found[2]}"


def _hash(value: Any) -> str | None:
    text = str(value or "").strip().lower()
    return None if text in ("", "–", "-") else text


def _unreadable(message: str | Promise) -> CannotReconcile:
    return CannotReconcile(message, code="unreadable", field="copy")
