"""Which companies take invoices by mail, at which addresses, and how they are posted there."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.triggers import kept
from information_types.changes import changed_at, changed_at_moves
from ledger.models import Company

COMPANY = "(select number from ledger_company where id = {row}.company_id)"
OF_PORTAL = "(select company_id from inbox_portal where id = {row}.portal_id)"


class Portal(models.Model):
    """A company's e-mail portal; without a row it is off and was never on."""

    company = models.OneToOneField(Company, models.PROTECT, related_name="portal", verbose_name=_("company"))
    active = models.BooleanField(_("active"), default=True, help_text=_("Without it, mail to the company is refused."))
    series = models.CharField(_("voucher series"), max_length=32, blank=True, default="")
    payable_account = models.CharField(_("account of supplier debts"), max_length=32, blank=True, default="")
    vat_account = models.CharField(_("account of input VAT"), max_length=32, blank=True, default="")
    rounding_account = models.CharField(_("account of rounding"), max_length=32, blank=True, default="")
    expense_account = models.CharField(
        _("usual account"), max_length=32, blank=True, default="", help_text=_("For a supplier's first invoice.")
    )

    changed_at = changed_at()

    class Meta:
        verbose_name = _("e-mail portal")
        verbose_name_plural = _("e-mail portals")
        ordering = ("company",)
        default_permissions = ("view", "change")
        triggers = [
            kept(
                name=COMPANY,
                company="{row}.company_id",
                named={"company": ("ledger_company", "number")},
                left_out=("changed_at",),
            ),
            changed_at_moves(),
        ]

    def __str__(self) -> str:
        return str(self.company)


class InvoiceAddress(models.Model):
    """An address of a portal's: the current one, and earlier ones while they still work."""

    portal = models.ForeignKey(Portal, models.CASCADE, related_name="addresses", verbose_name=_("e-mail portal"))
    local_part = models.CharField(_("address"), max_length=64, editable=False)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        verbose_name=_("made by"),
        null=True,
        editable=False,
    )
    replaced_at = models.DateTimeField(_("replaced"), null=True, editable=False)
    works_until = models.DateTimeField(_("works until"), null=True, editable=False)

    class Meta:
        verbose_name = _("invoice address")
        verbose_name_plural = _("invoice addresses")
        ordering = ("portal", "-id")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(Lower("local_part"), name="invoice_address_once"),
            models.UniqueConstraint(
                fields=["portal"], name="invoice_address_current_once", condition=Q(replaced_at=None)
            ),
            models.CheckConstraint(
                name="invoice_address_replaced_works_until",
                condition=Q(replaced_at=None, works_until=None)
                | Q(replaced_at__isnull=False, works_until__isnull=False),
            ),
        ]
        triggers = [
            kept(
                name="{row}.local_part",
                company=OF_PORTAL,
                left_out=("made_at", "made_by"),
            )
        ]

    def __str__(self) -> str:
        return self.written(self.local_part)

    @staticmethod
    def written(local_part: str) -> str:
        """The whole address."""
        return f"{local_part}@{settings.UTKORG_MAIL_DOMAIN}"
