"""Supplier and customer invoices, and their payments."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from information_types.changes import changed_at, changed_at_moves
from ledger import triggers
from ledger.models.company import Company, currency_code
from ledger.models.partners import Customer, Supplier
from ledger.models.vouchers import Voucher


def plain_invoice_number(number: str | None = None) -> Upper:
    """An invoice number, else the row's own, as it is compared: blanks and small letters mean nothing, zeros do."""
    source = models.F("invoice_number") if number is None else models.Value(number)
    arguments = (source, models.Value(r"\s"), models.Value(""), models.Value("g"))
    return Upper(models.Func(*arguments, function="regexp_replace", output_field=models.CharField()))


class Numbered(models.Model):
    """A row that is named by our own running number in its company."""

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="%(class)ss", verbose_name=_("company"), db_index=False
    )
    number = models.CharField(_("number"), max_length=32, editable=False)

    changed_at = changed_at()

    class Meta:
        abstract = True
        ordering = ("company", "-id")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="%(class)s_key"),
            models.CheckConstraint(condition=~Q(number=""), name="%(class)s_has_number"),
        ]
        triggers = [triggers.natural_key_never_changes("company_id", "number"), changed_at_moves()]

    def __str__(self) -> str:
        return self.number


class Invoice(Numbered):
    """What supplier and customer invoices have in common; amounts in the invoice's currency, credit notes negative."""

    invoice_number = models.CharField(_("invoice number"), max_length=64, blank=True)
    invoice_date = models.DateField(_("invoice date"))
    due_date = models.DateField(_("due date"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="SEK", validators=[currency_code])
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    vat_amount = models.DecimalField(_("VAT"), max_digits=18, decimal_places=2, default=0)
    balance = models.DecimalField(_("balance"), max_digits=18, decimal_places=2, default=0)
    payment_reference = models.CharField(_("payment reference"), max_length=64, blank=True)
    voucher = models.ForeignKey(
        Voucher, models.PROTECT, related_name="+", verbose_name=_("voucher"), null=True, blank=True
    )

    class Meta(Numbered.Meta):
        abstract = True
        indexes = [
            models.Index(fields=["company", "-invoice_date", "-id"], name="%(class)s_by_date"),  # admin's list
            *(  # the search, which knows no company
                models.Index(fields=[name], name=f"%(class)s_by_{short}", condition=~Q((name, "")))
                for name, short in (("invoice_number", "theirs"), ("payment_reference", "ref"))
            ),
        ]


class SupplierInvoice(Invoice):
    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        REGISTERED = "registered", _("registered")
        APPROVED = "approved", _("approved")
        PAID = "paid", _("paid")
        REJECTED = "rejected", _("rejected")
        CANCELLED = "cancelled", _("cancelled")

    supplier = models.ForeignKey(
        Supplier, models.PROTECT, related_name="invoices", verbose_name=_("supplier"), null=True, blank=True
    )
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.REGISTERED)

    class Meta(Invoice.Meta):
        verbose_name = _("supplier invoice")
        verbose_name_plural = _("supplier invoices")
        indexes = [
            *Invoice.Meta.indexes,
            models.Index("supplier", plain_invoice_number(), name="supplierinvoice_same"),  # the same invoice again
        ]
        triggers = [
            *Numbered.Meta.triggers,
            *triggers.references_of_company(supplier="ledger_supplier", voucher="ledger_voucher"),
        ]


class CustomerInvoice(Invoice):
    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        CANCELLED = "cancelled", _("cancelled")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices", verbose_name=_("customer"))
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.OPEN)

    class Meta(Invoice.Meta):
        verbose_name = _("customer invoice")
        verbose_name_plural = _("customer ledger")
        triggers = [
            *Numbered.Meta.triggers,
            *triggers.references_of_company(customer="ledger_customer", voucher="ledger_voucher"),
        ]


class Payment(Numbered):
    payment_date = models.DateField(_("payment date"))
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="SEK", validators=[currency_code])

    class Meta(Numbered.Meta):
        abstract = True
        indexes = [models.Index(fields=["company", "-payment_date", "-id"], name="%(class)s_by_date")]  # admin's list


class SupplierPayment(Payment):
    invoice = models.ForeignKey(
        SupplierInvoice, models.PROTECT, related_name="payments", verbose_name=_("supplier invoice")
    )

    class Meta(Payment.Meta):
        verbose_name = _("supplier payment")
        verbose_name_plural = _("supplier payments")
        triggers = [*Numbered.Meta.triggers, *triggers.references_of_company(invoice="ledger_supplierinvoice")]


class CustomerPayment(Payment):
    invoice = models.ForeignKey(
        CustomerInvoice, models.PROTECT, related_name="payments", verbose_name=_("customer invoice")
    )

    class Meta(Payment.Meta):
        verbose_name = _("customer payment")
        verbose_name_plural = _("customer payments")
        triggers = [*Numbered.Meta.triggers, *triggers.references_of_company(invoice="ledger_customerinvoice")]
