"""Vouchers and their rows."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from information_types.changes import changed_at, changed_at_moves
from ledger import triggers
from ledger.models.chart import Account, DimensionValue
from ledger.models.company import Company, FinancialYear

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _dimension(name: "StrOrPromise") -> "models.ForeignKey[DimensionValue | None, DimensionValue | None]":
    return models.ForeignKey(
        DimensionValue, models.PROTECT, related_name="+", verbose_name=name, null=True, blank=True, db_index=False
    )


class Voucher(models.Model):
    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "financial_year", "series", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="vouchers", verbose_name=_("company"), db_index=False
    )
    financial_year = models.ForeignKey(
        FinancialYear, models.PROTECT, related_name="vouchers", verbose_name=_("financial year"), db_index=False
    )
    series = models.CharField(_("series"), max_length=32, blank=True)
    number = models.CharField(_("number"), max_length=32, blank=True)
    voucher_date = models.DateField(_("voucher date"))
    text = models.CharField(_("text"), max_length=500, blank=True)
    registered_on = models.DateField(_("registered on"), null=True, blank=True)
    signature = models.CharField(_("signature"), max_length=100, blank=True)
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="reversals",
        verbose_name=_("reverses"),
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    last_row = models.PositiveIntegerField(default=0, editable=False)
    # What a file without voucher numbers said of it, whatever became of it since; empty for all other vouchers.
    fingerprint = models.CharField(max_length=32, blank=True, editable=False, db_default="", default="")
    changed_at = changed_at()

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ("-voucher_date", "-id")
        indexes = [
            models.Index(fields=["company", "-voucher_date", "-id"], name="voucher_by_date"),  # the admin's list
            models.Index(fields=["company", "id"], name="voucher_in_order"),  # the pages of ledger entries over REST
            models.Index(fields=["company", "changed_at"], name="voucher_by_change"),  # `changed_since` of entries
            models.Index(fields=["number", "-id"], name="voucher_by_number"),  # the search, which knows no year
            models.Index(  # the import's look for vouchers without number
                fields=["financial_year", "fingerprint"], name="voucher_by_fingerprint", condition=~Q(fingerprint="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["financial_year", "series", "number"], name="voucher_key"),
            models.CheckConstraint(condition=~Q(number=""), name="voucher_has_number"),
            models.UniqueConstraint(
                fields=["reverses"], name="voucher_reversed_once", condition=Q(reverses__isnull=False)
            ),
            models.CheckConstraint(condition=~Q(reverses=F("id")), name="voucher_reverses_another"),
        ]
        triggers = [
            triggers.natural_key_never_changes("company_id", "financial_year_id", "series", "number"),
            *triggers.references_of_company(reverses="ledger_voucher"),
            *triggers.voucher_rules(),
            changed_at_moves(),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.number}".strip()

    @property
    def reversal(self) -> "Voucher | None":
        """The voucher that takes this one back, if there is one."""
        return self.reversals.select_related("company", "financial_year").first()


class LedgerEntry(models.Model):
    natural_key_fields: ClassVar[tuple[str, ...]] = ("voucher", "row")

    voucher = models.ForeignKey(Voucher, models.CASCADE, related_name="rows", verbose_name=_("voucher"), db_index=False)
    row = models.PositiveIntegerField(_("row"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    amount = models.DecimalField(
        _("amount"), max_digits=18, decimal_places=2, help_text=_("Debit positive, credit negative.")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4, null=True, blank=True)
    text = models.CharField(_("text"), max_length=500, blank=True)
    entry_date = models.DateField(_("entry date"))
    cost_centre = _dimension(_("cost centre"))
    project = _dimension(_("project"))
    object = _dimension(_("object"))
    management_area = _dimension(_("management area"))
    other_dimensions = models.JSONField(_("further dimensions"), null=True, blank=True)
    signature = models.CharField(_("signature"), max_length=100, blank=True)

    changed_at = changed_at()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ("voucher", "row")
        indexes = [  # the look for rows in the way of a dimension value's deletion, and the lists by dimension
            models.Index(fields=[name], name=f"entry_by_{name}", condition=Q((f"{name}__isnull", False)))
            for name in ("cost_centre", "project", "object", "management_area")
        ] + [
            models.Index(fields=["changed_at"], name="entry_by_change"),  # `changed_since`
        ]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "row"], name="ledger_entry_key"),
            models.CheckConstraint(condition=Q(row__gte=1), name="ledger_entry_rows_count_from_one"),
        ]
        triggers = [
            triggers.natural_key_never_changes("voucher_id", "row"),
            *triggers.ledger_entry_rules(),
            changed_at_moves(),
        ]

    def __str__(self) -> str:
        return f"{self.voucher} {self.row}"


class VoucherSeries(models.Model):
    """The last number that a series gave in a year; moved under a row lock, so that new numbers have no gaps."""

    financial_year = models.ForeignKey(FinancialYear, models.PROTECT, related_name="+", db_index=False)
    series = models.CharField(max_length=32, blank=True)
    last_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["financial_year", "series"], name="voucher_series_key")]

    def __str__(self) -> str:
        return f"{self.series} {self.last_number}"


class UnbalancedVoucher(models.Model):
    """A note, within one transaction, of a voucher that a statement left unbalanced; looked at and gone at commit."""

    voucher_id = models.BigIntegerField(db_index=True)

    class Meta:
        default_permissions = ()
        triggers = [triggers.balance_at_commit()]

    def __str__(self) -> str:
        return str(self.voucher_id)
