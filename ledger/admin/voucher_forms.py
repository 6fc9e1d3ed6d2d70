"""A voucher's header on a page; its rows are `access.http.admin.voucher_rows`."""

from django import forms

from ledger.models import Voucher
from ledger.services.vouchers import Header


class VoucherForm(forms.ModelForm[Voucher]):
    """What a voucher says of itself; company and series can't be changed afterwards."""

    class Meta:
        model = Voucher
        fields = ("company", "voucher_date", "series", "text", "registered_on", "signature")

    def header(self) -> Header:
        """The header as the service takes it."""
        values = self.cleaned_data
        return Header(
            voucher_date=values["voucher_date"],
            text=values["text"],
            registered_on=values["registered_on"],
            signature=values["signature"],
        )
