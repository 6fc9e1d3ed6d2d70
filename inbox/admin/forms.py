"""What a person says of an invoice: its fields, its supplier, and why it is rejected."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    CHECKBOX_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminTextInputWidget,
)

from access import scope
from access.http.admin.amounts import AmountField, shown
from access.http.admin.days import DayInput
from inbox import duplicates, entering, handling, suppliers
from inbox import replies as answers
from inbox.accounts import account_of
from inbox.handling import Fields, Registration
from inbox.models import IncomingInvoice
from ledger.models import Supplier, SupplierInvoice
from ledger.models.company import currency_code
from ledger.services.repeats import WITHOUT_EFFECT

OF_SUPPLIER = ("number", "name", "organisation_number", "bankgiro", "plusgiro", "iban", "bic", "email")
NEW = "new_"
MOST_LIKELY = 10
LANGUAGES = [("sv", "Svenska"), ("nb", "Norsk (bokmål)"), ("en", "English")]


def _text(**attrs: str) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", **attrs})


def _tick() -> forms.CheckboxInput:
    return forms.CheckboxInput({"class": " ".join(CHECKBOX_CLASSES)})


def _word(model: Any, name: str) -> Any:
    return capfirst(model._meta.get_field(name).verbose_name)


class InvoiceForm(forms.Form):
    """The fields of an invoice that is received or to be entered."""

    supplier = forms.ModelChoiceField(
        Supplier.objects.none(),
        label=_word(SupplierInvoice, "supplier"),
        required=False,
        widget=AutocompleteSelect(
            SupplierInvoice._meta.get_field("supplier"),
            site,
            attrs={"data-width": "100%"},
        ),
    )
    invoice_number = forms.CharField(
        label=_word(SupplierInvoice, "invoice_number"), max_length=64, widget=_text(), strip=True
    )
    invoice_date = forms.DateField(label=_word(SupplierInvoice, "invoice_date"), widget=DayInput)
    due_date = forms.DateField(label=_word(SupplierInvoice, "due_date"), widget=DayInput, required=False)
    currency = forms.CharField(
        label=_word(SupplierInvoice, "currency"),
        max_length=3,
        widget=_text(size="3"),
        validators=[currency_code],
    )
    amount = AmountField(label=_("Amount to pay"))
    vat_amount = AmountField(label=_word(SupplierInvoice, "vat_amount"), required=False)
    payment_reference = forms.CharField(
        label=_word(SupplierInvoice, "payment_reference"), max_length=64, required=False, widget=_text()
    )
    account = forms.CharField(
        label=_("Bank account on the invoice"),
        max_length=64,
        required=False,
        widget=_text(),
        help_text=_("Bankgiro, plusgiro or IBAN, as the invoice writes it."),
    )
    confirms_account = forms.BooleanField(label=_("The changed bank account is right"), required=False, widget=_tick())
    keeps_account = forms.BooleanField(
        label=_("Use this account for the supplier from now on"), required=False, widget=_tick()
    )
    makes_supplier = forms.BooleanField(label=_("Make this new supplier"), required=False, widget=_tick())
    new_number = forms.CharField(label=_word(Supplier, "number"), max_length=32, required=False, widget=_text())
    new_name = forms.CharField(label=_word(Supplier, "name"), max_length=200, required=False, widget=_text())
    new_organisation_number = forms.CharField(
        label=_word(Supplier, "organisation_number"), max_length=32, required=False, widget=_text()
    )
    new_bankgiro = forms.CharField(label=_word(Supplier, "bankgiro"), max_length=20, required=False, widget=_text())
    new_plusgiro = forms.CharField(label=_word(Supplier, "plusgiro"), max_length=20, required=False, widget=_text())
    new_iban = forms.CharField(label=_word(Supplier, "iban"), max_length=34, required=False, widget=_text())
    new_bic = forms.CharField(label=_word(Supplier, "bic"), max_length=11, required=False, widget=_text())
    new_email = forms.EmailField(label=_word(Supplier, "email"), required=False, widget=_text())

    def __init__(self, incoming: IncomingInvoice, user: Any, data: Any = None) -> None:
        super().__init__(data, initial={**_of_invoice(incoming), **_of_seller(incoming)})
        self.incoming = incoming
        supplier: Any = self.fields["supplier"]
        supplier.queryset = scope.visible(Supplier.objects.filter(company=incoming.company_id), user)
        stored = incoming.supplier_invoice.supplier_id if incoming.supplier_invoice else None
        if stored is not None:
            # Whom the invoice is of stays, also for who may not look at suppliers.
            supplier.queryset = Supplier.objects.filter(company=incoming.company_id, pk=stored) | supplier.queryset
        if not user.has_perm("ledger.add_supplier", incoming):
            for name in ["makes_supplier", *(f"{NEW}{name}" for name in OF_SUPPLIER)]:
                del self.fields[name]
        if not user.has_perm("ledger.change_supplier", incoming):
            del self.fields["keeps_account"]

    def clean_currency(self) -> str:
        """As the register has it."""
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        """A new supplier needs a number and a name; there is one supplier, not two."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("makes_supplier"):
            for name in ("new_number", "new_name"):
                if not values.get(name):
                    self.add_error(name, self.fields[name].error_messages["required"])
        return values

    def content(self) -> Fields:
        """What the invoice says."""
        values = self.cleaned_data
        return Fields(
            supplier=values["supplier"],
            invoice_number=values["invoice_number"],
            invoice_date=values["invoice_date"],
            due_date=values["due_date"],
            currency=values["currency"],
            amount=values["amount"],
            vat_amount=values["vat_amount"] or Decimal(0),
            payment_reference=values["payment_reference"],
            account=values["account"],
        )

    def wish(self) -> Registration:
        """What else is decided as it is registered."""
        values = self.cleaned_data
        new = None
        if values.get("makes_supplier"):
            content = entering.content_of(self.incoming)
            further = suppliers.propose(content) if content else {}
            new = {**further, **{name: values[f"{NEW}{name}"] for name in OF_SUPPLIER}}
        return Registration(
            new_supplier=new,
            confirms_account=values.get("confirms_account", False),
            keeps_account=values.get("keeps_account", False),
        )

    @property
    def of_new_supplier(self) -> list[forms.BoundField]:
        """The fields of a supplier to make; none for who may not."""
        return [self[f"{NEW}{name}"] for name in OF_SUPPLIER if f"{NEW}{name}" in self.fields]

    @property
    def opens_new_supplier(self) -> bool:
        """Whether the fields of a supplier to make are in sight."""
        return self.is_bound and "makes_supplier" in self.fields and bool(self["makes_supplier"].value())

    def refuse(self, field: str | None, text: str) -> None:
        """Tell what a service refused, at its field."""
        if self.is_bound and (new := f"{NEW}{field}") in self.fields and bool(self["makes_supplier"].value()):
            field = new
        self.add_error(field if field in self.fields else None, text)


class RejectionForm(forms.Form):
    """Why an invoice is rejected, and what its sender is told."""

    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea({"class": " ".join(TEXTAREA_CLASSES), "rows": 3}), max_length=2000
    )
    replies = forms.BooleanField(label=_("Reply to the sender"), required=False, widget=_tick())
    language = forms.ChoiceField(
        label=_("Language"),
        choices=LANGUAGES,
        required=False,
        widget=forms.Select({"class": " ".join(SELECT_CLASSES)}),
    )
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False, widget=_text())
    text = forms.CharField(
        label=_("Text"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea({"class": " ".join(TEXTAREA_CLASSES), "rows": 11}),
    )

    def __init__(self, incoming: IncomingInvoice, address: str, data: Any = None) -> None:
        language = answers.language_for(incoming)
        subject, text = answers.proposed(incoming, language)
        proposed = {"replies": bool(address), "language": language, "subject": subject, "text": text}
        super().__init__(data, initial=proposed)
        self.address = address
        if not address:
            for name in ("replies", "language", "subject", "text"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A reply has a subject and a text."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("replies"):
            for name in ("subject", "text"):
                if not values.get(name):
                    self.add_error(name, self.fields[name].error_messages["required"])
        return values

    def letter(self) -> answers.Letter | None:
        """The reply, with the reason in its place."""
        values = self.cleaned_data
        if not values.get("replies"):
            return None
        text = values["text"].replace(answers.REASON, values["reason"])
        return answers.Letter(address=self.address, subject=values["subject"], text=text)


class _Invoices(forms.ModelChoiceField):  # type: ignore[type-arg]  # it takes none at run time
    """Supplier invoices by what tells them apart."""

    def label_from_instance(self, obj: Any) -> str:
        """Its number here, and what its supplier calls it."""
        day = date_format(obj.invoice_date, "SHORT_DATE_FORMAT")
        told = (obj.number, obj.supplier.name if obj.supplier else "", obj.invoice_number, day)
        return " · ".join(filter(None, (*told, f"{shown(obj.amount)} {obj.currency}", obj.get_status_display())))


class DuplicateForm(forms.Form):
    """Which invoice of the register another repeats: one of those that it may be, or any by its number there."""

    likely = _Invoices(
        SupplierInvoice.objects.none(),
        label=_("It repeats"),
        required=False,
        empty_label=_("Another one"),
        widget=forms.Select({"class": " ".join(SELECT_CLASSES)}),
    )
    number = forms.CharField(
        label=_("Another one, by its number in the register"), max_length=32, required=False, widget=_text(size="12")
    )

    def __init__(self, incoming: IncomingInvoice, user: Any, data: Any = None) -> None:
        of_company = SupplierInvoice.objects.filter(company=incoming.company_id)
        if (own := incoming.supplier_invoice_id) is not None:
            of_company = of_company.exclude(pk=own)
        self.known = scope.visible(of_company, user)
        likely = [one.pk for one in duplicates.candidates(incoming=incoming, most=MOST_LIKELY)]
        found = {one.pk: one for one in self.known.select_related("supplier").filter(pk__in=likely)}
        first = next((pk for pk in likely if pk in found), None)
        super().__init__(data, initial={"likely": first})
        if not found:
            del self.fields["likely"]
            return
        chosen: Any = self.fields["likely"]
        chosen.queryset = self.known.filter(pk__in=found)
        labels = [(pk, chosen.label_from_instance(found[pk])) for pk in likely if pk in found]
        chosen.choices = [("", chosen.empty_label), *labels]

    def clean(self) -> dict[str, Any]:
        """There is one that it repeats."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        number = values.get("number")
        counting = self.known.exclude(status__in=WITHOUT_EFFECT)
        values["repeats"] = counting.filter(number=number).first() if number else values.get("likely")
        if values["repeats"] is None:
            told = _("The register has no other such invoice that counts.") if number else _("Say which invoice it is.")
            self.add_error("number", told)
        return values


def next_supplier_number(rows: QuerySet[Supplier]) -> str:
    """Propose a number: after the longest and highest one that is only digits."""
    digits = rows.filter(number__regex=r"^[0-9]{1,9}$")
    highest = max((int(found) for found in digits.values_list("number", flat=True)[:20_000]), default=0)
    return str(highest + 1)


def _of_invoice(incoming: IncomingInvoice) -> dict[str, Any]:
    invoice = incoming.supplier_invoice
    account = account_of(incoming).number
    if invoice is None:
        # What the document's data says is what its sender says; of what only looks so, nothing is filled in.
        return {"currency": incoming.company.currency, "account": account, **handling.said(incoming)}
    names = ("supplier", "invoice_number", "invoice_date", "due_date", "currency", "amount", "vat_amount")
    return {
        "account": account,
        "payment_reference": invoice.payment_reference,
        **{name: getattr(invoice, name) for name in names},
    }


def _of_seller(incoming: IncomingInvoice) -> dict[str, Any]:
    """A new supplier as the document's data describes its seller; of what a text only seems to say, nothing."""
    content = entering.content_of(incoming)
    return {} if content is None else {f"{NEW}{name}": value for name, value in suppliers.propose(content).items()}
