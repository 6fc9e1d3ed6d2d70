"""Suppliers and customers."""

from typing import ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from information_types.changes import changed_at, changed_at_moves
from ledger import triggers
from ledger.models.company import Company, currency_code


class Partner(models.Model):
    """What a supplier and a customer have in common."""

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "number")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="%(class)ss", verbose_name=_("company"), db_index=False
    )
    number = models.CharField(_("number"), max_length=32)
    name = models.CharField(_("name"), max_length=200)
    organisation_number = models.CharField(_("organisation number"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("Two letters, such as SE."))
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[currency_code])
    payment_terms_days = models.PositiveSmallIntegerField(_("payment terms (days)"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    changed_at = changed_at()

    class Meta:
        abstract = True
        ordering = ("company", "number")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="%(class)s_key"),
            models.CheckConstraint(condition=~Q(number=""), name="%(class)s_has_number"),
        ]
        indexes = [  # the search, which knows no company
            models.Index(fields=["number"], name="%(class)s_by_number"),
            models.Index(OpClass(Upper("name"), name="text_pattern_ops"), name="%(class)s_by_name"),
            models.Index(
                fields=["organisation_number"], name="%(class)s_by_org_number", condition=~Q(organisation_number="")
            ),
        ]
        triggers = [triggers.natural_key_never_changes("company_id", "number"), changed_at_moves()]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Supplier(Partner):
    bankgiro = models.CharField(_("bankgiro"), max_length=20, blank=True)
    plusgiro = models.CharField(_("plusgiro"), max_length=20, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)

    class Meta(Partner.Meta):
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")


class Customer(Partner):
    class Meta(Partner.Meta):
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
