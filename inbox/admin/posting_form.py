"""The voucher of an invoice as a person posts it: the proposal's rows, each of which may be changed."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import inlineformset_factory
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from access.http.admin.amounts import AmountField
from access.http.admin.days import DayInput
from access.http.admin.voucher_rows import RowForm, RowFormSet
from inbox.models import IncomingInvoice
from inbox.posting import Proposal, ProposedRow
from ledger.models import LedgerEntry, Voucher
from ledger.services.vouchers import DIMENSIONS

PREFIX = "rows"
EMPTY_ROWS = 4  # a script shows one of them at a time


def _word(name: str) -> Any:
    field: Any = Voucher._meta.get_field(name)
    return capfirst(field.verbose_name)


class HeadForm(forms.Form):
    """The voucher's head."""

    voucher_date = forms.DateField(label=_word("voucher_date"), widget=DayInput)
    series = forms.CharField(label=_word("series"), max_length=32, widget=UnfoldAdminTextInputWidget({"size": "4"}))
    voucher_text = forms.CharField(
        label=_word("text"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget()
    )


class RateForm(forms.Form):
    """What a unit of the invoice's currency costs in that of the books."""

    exchange_rate = AmountField(label=_("Exchange rate"), decimals=6, min_value=Decimal("0.000001"))


class ProposedRows(RowFormSet):
    """Rows that the page proposes; they are read as if a person had typed them."""

    proposed: Sequence[ProposedRow] = ()

    def _load(self, kind: str) -> dict[int, Any]:
        if self.is_bound:
            return super()._load(kind)
        # They were read to be proposed.
        accounts: list[Any] = [row.account for row in self.proposed]
        values: list[Any] = [row.dimensions.get(name) for row in self.proposed for name in DIMENSIONS]
        return {one.pk: one for one in (accounts if kind == "account" else values) if one is not None}

    def _stored(self, names: Iterable[str]) -> Iterator[int]:
        for row in self.proposed:
            for name in names:
                chosen = row.account if name == "account" else row.dimensions.get(name)
                if chosen is not None:
                    yield chosen.pk


def rows_of(
    incoming: IncomingInvoice, user: Any, *, proposal: Proposal | None = None, data: Any = None
) -> ProposedRows:
    """Return the rows: as typed, or as proposed."""
    proposed = proposal.rows if proposal and data is None else ()
    made: Any = inlineformset_factory(
        Voucher,
        LedgerEntry,
        form=RowForm,
        formset=ProposedRows,
        fields=RowForm.Meta.fields,
        extra=len(proposed) + EMPTY_ROWS,
        can_delete=False,
    )
    kind = type("InvoiceRows", (made,), {"asker": user, "proposed": proposed})
    found: ProposedRows = kind(
        data=data,
        instance=Voucher(company=incoming.company),
        prefix=PREFIX,
        initial=[_initial(row) for row in proposed] if data is None else None,
        queryset=LedgerEntry.objects.none(),
    )
    return found


def _initial(row: ProposedRow) -> dict[str, Any]:
    side = "debit" if row.amount >= 0 else "credit"
    dimensions = {name: value.pk for name in DIMENSIONS if (value := row.dimensions.get(name)) is not None}
    return {"account": row.account.pk if row.account else None, side: abs(row.amount), "text": row.text, **dimensions}
