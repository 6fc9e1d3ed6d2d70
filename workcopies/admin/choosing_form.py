"""What is chosen on a conflict's page, read part by part: a side, both, or other values, typed as people type them."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import INPUT_CLASSES

from access.http.admin.amounts import AmountField
from workcopies.admin.columns import NAMED, TYPED_OF_ROWS, Column, Columns, Names
from workcopies.admin.sides import AMOUNT, Block
from workcopies.choosing import ROWS, WHOLE, Choice, Side

NEW_ROW = re.compile(r"new-(\d{1,4})-account")
MOST_NEW_ROWS = 200
NO_ROW = "none"  # neither side's: the row goes
DEBIT, CREDIT = "debit", "credit"
UNDECIDED = gettext_lazy("Choose a side, or write another value.")


class FieldForm(forms.Form):
    """Another value for a field."""

    def __init__(self, column: Column, value: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.column = column
        field = self.fields["value"] = column.form_field()
        field.label = column.word
        field.widget.attrs["aria-label"] = column.word
        self.initial = {"value": column.initial(value)}

    @property
    def codes(self) -> Iterator[tuple[str, Column, str]]:
        """What refers to other rows: the form's field, its column, and the code."""
        code = self.cleaned_data.get("value") if self.column.target in NAMED else None
        if code:
            yield "value", self.column, str(code)

    def made(self) -> Any:
        """The value as documents have it."""
        return self.column.typed(self.cleaned_data["value"])


class RowForm(forms.Form):
    """Another row, or one that is added: an account, and an amount in debit or in credit."""

    def __init__(self, columns: Columns, row: Mapping[str, Any] | None, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.row = row or {}
        self.columns = {name: columns.of_row(name) for name in TYPED_OF_ROWS}
        for name, column in self.columns.items():
            if name == AMOUNT:
                for side, word in ((DEBIT, _("debit")), (CREDIT, _("credit"))):
                    self.fields[side] = AmountField(required=False, label=capfirst(word))
                    self.fields[side].widget.attrs["class"] += " " + " ".join(INPUT_CLASSES)
                continue
            field = self.fields[name] = column.form_field()
            field.label = column.word
            self.initial[name] = column.initial(self.row.get(name))
        amount = Decimal(self.row.get(AMOUNT) or 0)
        if self.row:
            self.initial[DEBIT if amount >= 0 else CREDIT] = abs(amount)

    def clean(self) -> dict[str, Any]:
        """Debit or credit, not both and not neither."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        debit, credit = values.get(DEBIT), values.get(CREDIT)
        if debit and credit:
            self.add_error(CREDIT, _("Write the amount in debit or in credit, not in both."))
        elif debit is None and credit is None and not {DEBIT, CREDIT} & self.errors.keys():
            self.add_error(DEBIT, _("An amount is missing."))
        return values

    @property
    def codes(self) -> Iterator[tuple[str, Column, str]]:
        """What refers to other rows: the form's field, its column, and the code."""
        for name, column in self.columns.items():
            if column.target in NAMED and self.cleaned_data.get(name):
                yield name, column, str(self.cleaned_data[name])

    def made(self) -> dict[str, Any]:
        """The row as documents have it; what isn't typed is that of the side that it was begun with."""
        values = self.cleaned_data
        typed = {name: column.typed(values[name]) for name, column in self.columns.items() if name != AMOUNT}
        amount = (values[DEBIT] or Decimal(0)) - (values[CREDIT] or Decimal(0))
        return {**self.row, **typed, AMOUNT: f"{amount:.2f}"}


class PartForm:
    """The choice of one part: its radio buttons, and the form behind the last of them."""

    def __init__(self, block: Block, columns: Columns, data: Mapping[str, str] | None) -> None:
        self.block, self.part = block, block.part
        self.name = f"choice-{self.part.path}"
        self.error: str | Promise = ""
        self.side = self._side(data)
        self.other = self._other(columns, data)

    def _side(self, data: Mapping[str, str] | None) -> str:
        if data is None:
            return str(self.part.proposed or "")
        return data.get(self.name, "")

    def _other(self, columns: Columns, data: Mapping[str, str] | None) -> Any:
        part = self.part
        begun = part.mine if part.mine is not None else part.theirs
        prefix = f"other-{part.path}"
        bound = data if self.side == Side.OTHER else None
        if part.path == WHOLE:
            return None
        if part.is_row:
            return RowForm(columns, begun, bound, prefix=prefix)
        column = columns.of(part.path)
        return FieldForm(column, begun, bound, prefix=prefix) if column.is_typed else None

    def is_valid(self) -> bool:
        """Whether something is chosen, and what was typed can be."""
        allowed = {str(Side.MINE), str(Side.THEIRS)}
        allowed |= {str(Side.BOTH)} if self.part.may_be_both else set()
        allowed |= {str(Side.OTHER)} if self.other is not None else set()
        allowed |= {NO_ROW} if self.part.is_row else set()
        if self.side not in allowed:
            self.error = UNDECIDED if self.other is not None else _("Choose a side.")
            return False
        return self.side != Side.OTHER or bool(self.other.is_valid())

    def choice(self) -> Choice:
        """What was chosen."""
        if self.side == NO_ROW:
            return Choice(Side.OTHER, None)
        return Choice(Side(self.side), self.other.made() if self.side == Side.OTHER else None)

    @property
    def is_error(self) -> bool:
        """Whether something is wrong with it."""
        return bool(self.error or (self.other is not None and self.other.is_bound and self.other.errors))


class ChoosingForm:
    """Everything that is chosen on the page."""

    def __init__(self, blocks: list[Block], columns: Columns, data: Mapping[str, str] | None = None) -> None:
        self.columns, self.is_bound = columns, data is not None
        self.parts = {block.part.path: PartForm(block, columns, data) for block in blocks if block.is_chosen}
        numbers = sorted({int(found[1]) for name in data or () if (found := NEW_ROW.fullmatch(name))})
        self.new = [RowForm(columns, None, data, prefix=f"new-{number}") for number in numbers[:MOST_NEW_ROWS]]
        self.next_number = max(numbers, default=-1) + 1
        self.errors: list[str] = []

    @property
    def empty_row(self) -> RowForm:
        """What a row that is added is made of."""
        return RowForm(self.columns, None, prefix="new-NUMBER")

    def is_valid(self) -> bool:
        """Check everything, so that all that is wrong is told at once."""
        checked = [part.is_valid() for part in self.parts.values()] + [row.is_valid() for row in self.new]
        return all(checked)

    def choices(self) -> dict[str, Choice]:
        """What was chosen, by part; rows that are added come after all others."""
        found = {path: part.choice() for path, part in self.parts.items()}
        return found | {f"{ROWS}.new-{number}": Choice(Side.OTHER, row.made()) for number, row in enumerate(self.new)}

    def check_codes(self, names: Names) -> bool:
        """Tell at its field what refers to nothing; `names` are those of all that was typed."""
        forms_typed = [part.other for part in self.parts.values() if part.side == Side.OTHER] + self.new
        is_known = True
        for form in forms_typed:
            for name, column, code in form.codes:
                if (column.name, code) not in names:
                    form.add_error(name, _("There is no such row in the company: %(code)s.") % {"code": code})
                    is_known = False
        return is_known

    def refuse(self, message: str, field: str | None = None) -> None:
        """Tell what was refused: at its part, or above all of them."""
        part = self.parts.get(field or "")
        if part is not None:
            part.error = message
        else:
            self.errors.append(message)

    def count_errors(self) -> int:
        """How many parts are wrong or wait for a choice."""
        wrong = [part for part in self.parts.values() if part.is_error]
        return len(wrong) + len(self.errors) + sum(1 for row in self.new if row.is_bound and row.errors)
