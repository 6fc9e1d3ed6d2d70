"""What kind of time it is: hourly wage, overtime 50 %, night allowance."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.models import Company
from ledger.triggers import natural_key_never_changes
from timesheets import triggers


class TimeCategory(models.Model):
    """A time category of a company. Source: seeds/time-api-no.txt (timeCategoryIdFilter, timeCategoryTypeIdFilter)."""

    class Type(models.TextChoices):
        ORDINARY = "O", _("ordinary")
        ALLOWANCE = "T", _("allowance")
        OVERTIME = "P", _("overtime")
        OVERTIME_ALLOWANCE = "S", _("overtime allowance")

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="time_categories", verbose_name=_("company"), db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=200)
    category_type = models.CharField(_("type"), max_length=1, choices=Type.choices, default=Type.ORDINARY)
    payable = models.BooleanField(pgettext_lazy("hours", "paid"), default=True)
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Hours can be registered in it. Those that are there stay.")
    )

    class Meta:
        verbose_name = _("time category")
        verbose_name_plural = _("time categories")
        ordering = ("company", "number")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="time_category_key"),
            models.CheckConstraint(
                condition=models.Q(category_type__in=["O", "T", "P", "S"]), name="time_category_type_is_one_of_four"
            ),
        ]
        triggers = [natural_key_never_changes("company_id", "number"), triggers.category_shows_in_hours()]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
