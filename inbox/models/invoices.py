"""The invoices that were in messages, and by what their suppliers are known."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inbox.models.mails import Mail, MailFile
from ledger.models import Company, Supplier, SupplierInvoice, Voucher
from ledger.models.invoices import plain_invoice_number


class IncomingInvoice(models.Model):
    """An invoice as it came; how far it has got is its supplier invoice's status, once it has one."""

    class State(models.TextChoices):
        TO_ENTER = "to_enter", _("to be entered")  # a PDF or a picture: a person says what it says
        ENTERED = "entered", _("in the register")  # it has its supplier invoice
        DUPLICATE = "duplicate", _("duplicate")
        REJECTED = "rejected", _("rejected")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=_("company"))
    mail = models.ForeignKey(Mail, models.PROTECT, related_name="invoices", verbose_name=_("message"))
    position = models.PositiveSmallIntegerField(_("place in the message"), default=1)
    document = models.ForeignKey(MailFile, models.PROTECT, related_name="+", verbose_name=_("document"), null=True)
    attachments: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        MailFile, related_name="+", verbose_name=_("attachments"), blank=True
    )
    format = models.CharField(_("format"), max_length=32)  # peppol_bis3, ubl, cii, svefaktura, pdf, picture
    # What the document says: `inbox.formats` Invoice.to_json(), or None without data
    content: "models.JSONField[Any, Any]" = models.JSONField(null=True, blank=True, editable=False)
    # [{"severity", "rule", "field", "value", "message"}]: of `inbox.checks`, and of intake (supplier, bank account)
    findings: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True, editable=False)
    # [{"field", "value", …}]: what the text of a PDF seems to say; never taken as truth
    proposals: "models.JSONField[Any, Any]" = models.JSONField(default=list, blank=True, editable=False)
    invoice_number = models.CharField(_("invoice number"), max_length=64, blank=True)
    sender_name = models.CharField(_("from"), max_length=200, blank=True)  # the seller, or else who sent the message
    found_by = models.CharField(_("supplier found by"), max_length=32, blank=True)  # organisation_number, iban, …

    # As a person entered it, where the document has no data; see `inbox.accounts`
    account = models.CharField(_("bank account"), max_length=64, blank=True)
    # Another account than the register's that somebody has said is right
    confirmed_account = models.CharField(_("confirmed bank account"), max_length=64, blank=True)

    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.TO_ENTER)
    supplier_invoice = models.OneToOneField(
        SupplierInvoice,
        models.SET_NULL,
        related_name="incoming",
        verbose_name=_("supplier invoice"),
        null=True,
        blank=True,
    )
    # The voucher that it was posted by before that was taken back: what is proposed again
    posted_before = models.ForeignKey(
        Voucher,
        models.SET_NULL,
        related_name="+",
        verbose_name=_("voucher that was taken back"),
        null=True,
        blank=True,
        editable=False,
    )
    duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, related_name="duplicates", verbose_name=_("duplicate of"), null=True, blank=True
    )
    # The register's invoice that it repeats, which may have come otherwise
    repeats = models.ForeignKey(
        SupplierInvoice, models.SET_NULL, related_name="+", verbose_name=_("repeats"), null=True, blank=True
    )
    repeated_by = models.CharField(_("known by"), max_length=16, blank=True)  # number, content, message_id, person
    is_original = models.BooleanField(_("not a duplicate"), default=False)  # somebody said so
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", verbose_name=_("settled by"), null=True, blank=True
    )
    reject_reason = models.TextField(_("reason"), blank=True)
    replied_at = models.DateTimeField(_("replied"), null=True, blank=True)

    class Meta:
        verbose_name = _("incoming invoice")
        verbose_name_plural = _("incoming invoices")
        ordering = ("-id",)
        default_permissions = ("view", "change")
        permissions = [("approve_incominginvoice", _("Can approve incoming invoices"))]
        constraints = [
            models.UniqueConstraint(fields=["mail", "position"], name="incoming_invoice_once"),
            models.CheckConstraint(
                name="incoming_invoice_duplicate_has_no_row",
                condition=~Q(state="duplicate") | Q(supplier_invoice=None),
            ),
        ]
        indexes = [
            models.Index("company", plain_invoice_number(), name="incoming_by_number"),  # the same invoice again
            models.Index(fields=["company", "-id"], name="incoming_by_company"),  # the list of a company's
            models.Index(fields=["id"], name="incoming_to_enter", condition=Q(state="to_enter")),  # the queue
            # those of what counts no more
            models.Index(fields=["id"], name="incoming_duplicates", condition=Q(state="duplicate")),
        ]

    def __str__(self) -> str:
        return f"{self.sender_name} {self.invoice_number}".strip() or str(self.mail)


class SupplierIdentity(models.Model):
    """What a supplier is known by beside what the register says: learnt when a person registers their invoice."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    # vat, endpoint, gln, email
    scheme = models.CharField(_("kind"), max_length=32)
    value = models.CharField(_("value"), max_length=128)  # without blanks and punctuation, in capitals
    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="+", verbose_name=_("supplier"))

    class Meta:
        verbose_name = _("supplier's identity")
        verbose_name_plural = _("suppliers' identities")
        ordering = ("company", "scheme", "value")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["company", "scheme", "value"], name="supplier_identity_once")]
        indexes = [models.Index(fields=["supplier"], name="supplier_identities")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}"
