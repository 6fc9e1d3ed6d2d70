"""The fields of one line, taken one after the other."""

import datetime as dt
import re
from decimal import Decimal

from ledger.importing.messages import message as _
from ledger.importing.records import Objects
from ledger.sie.exceptions import BrokenLineError, BrokenValueError, quoted
from ledger.sie.lines import DIMENSION, Field, ObjectList, parse_objects, split_line
from ledger.sie.values import parse_amount, parse_date, parse_quantity, parse_text

NAMES = {"#KONTO", "#OBJEKT", "#DIM", "#FNAMN", "#FNR"}
_LABEL = re.compile(r"[ \t]*+([^ \t]*+)")


class Fields:
    """A cursor over a line's fields, behind its label; fields beyond those that are taken are ignored.

    Source: SIE 4B §7 (a newer program may write further fields).
    """

    def __init__(self, line: str) -> None:
        label = _LABEL.match(line)
        self.label = label[1].upper() if label else ""
        self._line = line
        self._split: list[Field] | None = None
        self._position = 0
        self.is_standard = True

    def __len__(self) -> int:
        return len(self._fields) - self._position

    @property
    def _fields(self) -> list[Field]:
        # Only lines of known labels are split: what is ignored may be broken.
        if self._split is None:
            split = split_line(self._line, ends_with_name=self.label in NAMES)
            self._split, self.is_standard = split.fields[1:], split.is_standard
        return self._split

    def optional(self, limit: int | None = None) -> str:
        """The next field's text, empty where the line has no more; no longer than `limit`."""
        field = self._next() or ""
        text = f"{{{field.text}}}" if isinstance(field, ObjectList) else field
        return text if limit is None else parse_text(text, limit)

    def text(self, name: str, limit: int | None = None) -> str:
        """The next field's text, which may not be missing."""
        if not len(self):
            raise BrokenLineError(_("%(label)s lacks its field %(field)s.") % {"label": self.label, "field": name})
        return self.optional(limit)

    def filled(self, name: str, limit: int | None = None) -> str:
        """The next field's text, which may be neither missing nor empty."""
        text = self.text(name, limit)
        if not text:
            raise BrokenLineError(_("%(label)s has an empty field %(field)s.") % {"label": self.label, "field": name})
        return text

    def number(self, name: str) -> int:
        """The next field as a whole number."""
        text = self.text(name)
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 9:
            raise BrokenValueError(_("%(label)s: %(text)s is no number.") % {"label": self.label, "text": quoted(text)})
        return int(text)

    def dimension(self, name: str) -> int:
        """The next field as the number of a dimension."""
        text = self.text(name)
        if not DIMENSION.fullmatch(text):
            raise BrokenValueError(
                _("%(label)s: %(text)s is no dimension's number.") % {"label": self.label, "text": quoted(text)}
            )
        return int(text)

    def date(self, name: str) -> dt.date:
        """The next field as a date."""
        return parse_date(self.text(name))

    def optional_date(self) -> dt.date | None:
        """The next field as a date, None where it is empty or missing."""
        text = self.optional()
        return parse_date(text) if text else None

    def amount(self, name: str) -> Decimal:
        """The next field as an amount."""
        return parse_amount(self.text(name))

    def quantity(self) -> Decimal | None:
        """The next field as a quantity, None where it is empty or missing."""
        return parse_quantity(self.optional())

    def objects(self) -> Objects:
        """The next field's objects; none where the line leaves its object list out."""
        field = self._fields[self._position] if len(self) else ""
        if isinstance(field, ObjectList):
            self._position += 1
            return parse_objects(field.text)
        if field.startswith("{"):
            raise BrokenValueError(_("The object list isn't closed by a brace."))
        return ()

    def _next(self) -> Field | None:
        if self._position >= len(self._fields):
            return None
        self._position += 1
        return self._fields[self._position - 1]
