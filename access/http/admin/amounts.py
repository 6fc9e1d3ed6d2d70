"""Amounts as accountants write and read them: `1 250,00` or `1,250.00`, in a column that lines up."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import get_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

BLANKS = re.compile(r"\s")
GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+")


def shown(amount: Decimal, decimals: int = 2) -> str:
    """An amount in the form of the language in force."""
    return str(number_format(amount, decimals, use_l10n=True, force_grouping=True))


class ShownAmount(SafeString):
    """An amount as a column shows it, which files take as the number that it is."""

    amount: Decimal | int | None


def column(amount: Decimal | None, decimals: int = 2) -> ShownAmount:
    """An amount for a column of a list; nothing for none."""
    html = format_html('<span class="amount">{}</span>', "" if amount is None else shown(amount, decimals))
    cell = ShownAmount(html)
    cell.amount = int(amount) if amount is not None and not decimals else amount
    return cell


def plain(text: str) -> str:
    """What was typed, as a plain number: blanks are for reading, and the last comma or full stop is the decimal one."""
    text = BLANKS.sub("", text).replace("−", "-")
    if get_format("DECIMAL_SEPARATOR") == "." and GROUPED.fullmatch(text):
        return text.replace(",", "")
    if "," in text and "." in text:
        grouping = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(grouping, "")
    return text.replace(",", ".")


class AmountInput(UnfoldAdminTextInputWidget):
    """A text field that phones offer digits for; browsers' own number fields refuse `1 250,00`."""

    def __init__(self, *, decimals: int = 2) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off"})
        self.attrs["class"] = f"{self.attrs.get('class', '')} amount-input"
        self.decimals = decimals

    def format_value(self, value: Any) -> str | None:
        """Show a number in the form of the language; what was typed wrongly stays as it was typed."""
        if isinstance(value, Decimal):
            return shown(value, self.decimals)
        return None if value in (None, "") else str(value)


class AmountField(forms.DecimalField):
    """An amount of money, or a quantity where it has more decimals."""

    def __init__(self, *, decimals: int = 2, **options: Any) -> None:
        options.pop("widget", None)
        options |= {"max_digits": 18, "decimal_places": decimals, "widget": AmountInput(decimals=decimals)}
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs have its parent's type
        """Read what accountants type."""
        return super().to_python(plain(value) if isinstance(value, str) else value)
