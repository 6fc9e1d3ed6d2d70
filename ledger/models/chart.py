"""The chart of accounts, the dimensions, and the balances that imports bring."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from information_types.changes import changed_at, changed_at_moves
from ledger import triggers
from ledger.models.company import Company, FinancialYear


class Account(models.Model):
    class Type(models.TextChoices):
        ASSET = "asset", _("asset")
        LIABILITY = "liability", _("liability")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("expense")

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="accounts", verbose_name=_("company"), db_index=False
    )
    number = models.CharField(_("number"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    account_type = models.CharField(_("type"), max_length=16, choices=Type.choices, null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    changed_at = changed_at()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("chart of accounts")
        ordering = ("company", "number")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="account_key"),
            models.CheckConstraint(condition=~Q(number=""), name="account_has_number"),
        ]
        triggers = [triggers.natural_key_never_changes("company_id", "number"), changed_at_moves()]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class DimensionValue(models.Model):
    """One cost centre, project, object or management area."""

    class Dimension(models.IntegerChoices):
        COST_CENTRE = 1, _("cost centre")
        PROJECT = 2, _("project")
        OBJECT = 3, _("object")
        MANAGEMENT_AREA = 4, _("management area")

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "dimension", "code")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="dimension_values", verbose_name=_("company"), db_index=False
    )
    dimension = models.PositiveSmallIntegerField(_("dimension"), choices=Dimension.choices)
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True)
    active = models.BooleanField(_("active"), default=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    changed_at = changed_at()

    class Meta:
        verbose_name = _("dimension value")
        verbose_name_plural = _("dimension values")
        ordering = ("company", "dimension", "code")
        constraints = [
            models.UniqueConstraint(fields=["company", "dimension", "code"], name="dimension_value_key"),
            models.CheckConstraint(condition=Q(dimension__range=(1, 4)), name="dimension_is_one_of_four"),
            models.CheckConstraint(condition=~Q(code=""), name="dimension_value_has_code"),
        ]
        triggers = [triggers.natural_key_never_changes("company_id", "dimension", "code"), changed_at_moves()]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".rstrip()


class OtherDimension(models.Model):
    """A SIE dimension beyond cost centre (1) and project (6): mapped to one of ours, or kept beside them.

    Source: SIE 4B §11 (#DIM, #UNDERDIM).
    """

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="other_dimensions", verbose_name=_("company"), db_index=False
    )
    number = models.PositiveIntegerField(_("SIE dimension"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    parent_number = models.PositiveIntegerField(_("part of SIE dimension"), null=True, blank=True)
    analysis_type = models.CharField(_("SAF-T analysis type"), max_length=9, blank=True)
    dimension = models.PositiveSmallIntegerField(
        _("imported as"),
        choices=DimensionValue.Dimension.choices[2:],
        null=True,
        blank=True,
        help_text=_("Empty: kept with each row under the dimension's own number."),
    )

    class Meta:
        verbose_name = _("further SIE dimension")
        verbose_name_plural = _("further SIE dimensions")
        ordering = ("company", "number")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="other_dimension_key"),
            models.UniqueConstraint(fields=["company", "dimension"], name="other_dimension_mapped_once"),
            models.UniqueConstraint(
                fields=["company", "analysis_type"],
                condition=~Q(analysis_type=""),
                name="other_dimension_of_analysis_type",
            ),
            models.CheckConstraint(condition=~Q(number__in=[1, 6]), name="other_dimension_is_not_one_of_ours"),
            models.CheckConstraint(
                condition=Q(dimension__in=[3, 4]) | Q(dimension=None), name="other_dimension_target"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".rstrip()

    def clean(self) -> None:
        if self.number in (1, 6):
            raise ValidationError({"number": _("1 is cost centre and 6 is project. Choose another number.")})


class OtherDimensionValue(models.Model):
    """The name of an object of a further SIE dimension. Source: SIE 4B §11 (#OBJEKT)."""

    natural_key_fields: ClassVar[tuple[str, ...]] = ("other_dimension", "code")

    other_dimension = models.ForeignKey(
        OtherDimension, models.CASCADE, related_name="values", verbose_name=_("further SIE dimension"), db_index=False
    )
    code = models.CharField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("object of a further SIE dimension")
        verbose_name_plural = _("objects of further SIE dimensions")
        ordering = ("other_dimension", "code")
        constraints = [models.UniqueConstraint(fields=["other_dimension", "code"], name="other_dimension_value_key")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}".rstrip()


class Balance(models.Model):
    """A balance as the bookkeeping program stated it, debit positive; `objects` maps SIE dimensions to codes.

    Source: SIE 4B §11 (#IB, #UB, #RES, #OIB, #OUB, #PSALDO, #PBUDGET).
    """

    class Kind(models.TextChoices):
        OPENING = "IB", _("opening balance")
        CLOSING = "UB", _("closing balance")
        RESULT = "RES", _("result")
        OBJECT_OPENING = "OIB", _("opening balance per object")
        OBJECT_CLOSING = "OUB", _("closing balance per object")
        PERIOD = "PSALDO", _("change of a period")
        BUDGET = "PBUDGET", _("budget of a period")

    financial_year = models.ForeignKey(
        FinancialYear, models.PROTECT, related_name="balances", verbose_name=_("financial year"), db_index=False
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="balances", verbose_name=_("account"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    period = models.CharField(_("period"), max_length=6, null=True, blank=True)
    objects_json = models.JSONField(_("objects"), default=dict, blank=True, db_column="objects")
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4, null=True, blank=True)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        ordering = ("financial_year", "account", "kind", "period")
        constraints = [
            models.UniqueConstraint(
                fields=["financial_year", "account", "kind", "period", "objects_json"],
                name="balance_key",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.account}"
