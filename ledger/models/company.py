"""Companies and their financial years."""

import zoneinfo
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from information_types.changes import changed_at, changed_at_moves
from ledger import triggers

company_number = RegexValidator(
    r"^[A-Za-z0-9._-]{1,32}\Z", _("1 to 32 letters (a–z), digits, hyphens, underscores and full stops.")
)
currency_code = RegexValidator(r"^[A-Z]{3}\Z", _("A currency is three capital letters, such as SEK."))


def validate_time_zone(name: str) -> None:
    """Raise `ValidationError` unless the name is one of the IANA time zones."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is no time zone. Example: Europe/Stockholm."), params={"name": name})


class Company(models.Model):
    natural_key_fields: ClassVar[tuple[str, ...]] = ("number",)

    number = models.CharField(
        _("number"),
        max_length=32,
        unique=True,
        validators=[company_number],
        help_text=_("Integrations name the company by it, so it never changes."),
    )
    name = models.CharField(_("name"), max_length=200)
    organisation_number = models.CharField(_("organisation number"), max_length=32, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="SEK", validators=[currency_code])
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Stockholm", validators=[validate_time_zone]
    )
    active = models.BooleanField(_("active"), default=True)

    changed_at = changed_at()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ("number",)
        indexes = [models.Index(fields=["name", "id"], name="company_by_name")]  # the admin's list and its search
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^[A-Za-z0-9._-]{1,32}$"), name="company_number_form")
        ]
        triggers = [triggers.natural_key_never_changes("number"), changed_at_moves()]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class FinancialYear(models.Model):
    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "first_day")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="financial_years", verbose_name=_("company"), db_index=False
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    locked_until = models.DateField(
        _("locked until"),
        null=True,
        blank=True,
        help_text=_("Vouchers dated up to and including this day can be neither made, changed nor deleted."),
    )

    class Meta:
        verbose_name = _("financial year")
        verbose_name_plural = _("financial years")
        ordering = ("company", "-first_day")
        # the years that a transfer's page offers where no company is chosen
        indexes = [models.Index(fields=["first_day"], name="financial_year_by_day")]
        constraints = [
            models.UniqueConstraint(fields=["company", "first_day"], name="financial_year_key"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="financial_year_days_in_order"),
        ]
        triggers = [
            triggers.natural_key_never_changes("company_id", "first_day"),
            triggers.years_do_not_overlap(),
        ]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"

    def clean(self) -> None:
        if None not in (self.first_day, self.last_day) and self.last_day < self.first_day:
            raise ValidationError({"last_day": _("The last day comes before the first.")})


class NumberSeries(models.Model):
    """The last running number that a company's register gave (invoices, payments); moved under a row lock."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    register = models.CharField(max_length=32)
    last_number = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["company", "register"], name="number_series_key")]

    def __str__(self) -> str:
        return f"{self.register} {self.last_number}"
