"""Accounting offices, their clients, and the people of offices and companies."""

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from history.models import PERMISSION
from history.triggers import kept, kept_links
from ledger.models import Company

OFFICE = "(select name from access_office where id = {row}.office_id)"
COMPANY = "(select number from ledger_company where id = {row}.company_id)"
PLACE = f"coalesce({OFFICE}, {COMPANY}, '')"
# Whose the audit log's entries are: those of an office are its own company's.
OF_COMPANY = "coalesce({row}.company_id, (select company_id from access_office where id = {row}.office_id))"


class Office(models.Model):
    """An accounting office's own account; its number is that of the company that is its own books."""

    name = models.CharField(_("name"), max_length=200)
    company = models.OneToOneField(
        Company,
        on_delete=models.PROTECT,
        related_name="office",
        verbose_name=_("own company"),
        help_text=_("The company that is the office's own books."),
    )

    class Meta:
        verbose_name = _("accounting office")
        verbose_name_plural = _("accounting offices")
        ordering = ["name", "pk"]
        permissions = [("administer_clients", _("Can decide what keys may do for clients"))]
        constraints = [models.CheckConstraint(name="office_named", condition=~Q(name=""))]
        triggers = [
            kept(name="{row}.name", company="{row}.company_id", named={"company": ("ledger_company", "number")})
        ]

    def __str__(self) -> str:
        return self.name


class ClientAccess(models.Model):
    """That an office keeps a company's books; the switch is the client's own."""

    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, related_name="client_accesses", verbose_name=_("accounting office")
    )
    company = models.OneToOneField(
        Company, on_delete=models.PROTECT, related_name="client_access", verbose_name=_("client")
    )
    api_access = models.BooleanField(
        _("API access"),
        default=True,
        help_text=_("Whether the office's keys may be used for this company. Off takes effect at once."),
    )

    class Meta:
        verbose_name = _("client access")
        verbose_name_plural = _("client accesses")
        indexes = [models.Index(fields=["office", "company"], name="clients_of_office")]  # rights of keys and people
        triggers = [
            kept(
                name=f"{OFFICE} || ' ' || {COMPANY}",
                company="{row}.company_id",
                named={"office": ("access_office", "name"), "company": ("ledger_company", "number")},
            )
        ]

    def __str__(self) -> str:
        return f"{self.office} – {self.company}"


class Membership(models.Model):
    """A person as employee or contact of an office or a company, or of the whole installation, with rights there."""

    class Kind(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        CONTACT = "contact", _("Contact")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    office = models.ForeignKey(
        Office,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("accounting office"),
        null=True,
        blank=True,
        help_text=_("The rights are for the office's own company and all of its clients."),
    )
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("company"),
        null=True,
        blank=True,
        help_text=_("With neither office nor company the rights are for the whole installation."),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.EMPLOYEE)
    groups = models.ManyToManyField(Group, blank=True, related_name="+", verbose_name=_("groups"))
    permissions = models.ManyToManyField(
        Permission, blank=True, related_name="+", verbose_name=_("rights beside those of the groups")
    )

    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("employee or contact")
        verbose_name_plural = _("employees and contacts")
        ordering = ["user__username", "pk"]
        permissions = [
            ("administer_users", _("Can administer users: rights and keys of others")),
            ("administer_account", _("Can administer the account: order add-ons, choose the accounting office")),
        ]
        constraints = [
            models.CheckConstraint(name="membership_of_one_place", condition=Q(office=None) | Q(company=None)),
            models.CheckConstraint(name="membership_kind_known", condition=Q(kind__in=["employee", "contact"])),
            # Also how the rights of a person are found
            models.UniqueConstraint(name="membership_once", fields=["user", "office", "company"], nulls_distinct=False),
        ]
        triggers = [
            kept(
                name=f"(select username from auth_user where id = {{row}}.user_id) || ' ' || {PLACE}",
                company=OF_COMPANY,
                named={
                    "user": ("auth_user", "username"),
                    "office": ("access_office", "name"),
                    "company": ("ledger_company", "number"),
                },
                left_out=("created_at",),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.office or self.company or _('the whole installation')}"


MEMBERSHIP_COMPANY = f"""(
    select {OF_COMPANY.format(row="membership")} from access_membership membership where membership.id = {{key}}
)"""
MEMBERSHIP_NAME = f"""(
    select (select username from auth_user where id = membership.user_id) || ' ' || {PLACE.format(row="membership")}
    from access_membership membership where membership.id = {{key}}
)"""


class MembershipGroupHistory(Membership.groups.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="access.membership",
            key="membership_id",
            field="groups",
            name=MEMBERSHIP_NAME,
            company=MEMBERSHIP_COMPANY,
            shown="(select name from auth_group where id = {row}.group_id)",
        )


class MembershipPermissionHistory(Membership.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="access.membership",
            key="membership_id",
            field="permissions",
            name=MEMBERSHIP_NAME,
            company=MEMBERSHIP_COMPANY,
            shown=PERMISSION,
        )


class AccessTemplate(models.Model):
    """A named set of rights, for what an office's key may do for clients."""

    name = models.CharField(_("name"), max_length=100)
    office = models.ForeignKey(
        Office,
        on_delete=models.PROTECT,
        related_name="access_templates",
        verbose_name=_("accounting office"),
        null=True,
        blank=True,
        help_text=_("With none every office may choose it."),
    )
    permissions = models.ManyToManyField(Permission, blank=True, related_name="+", verbose_name=_("rights"))

    class Meta:
        verbose_name = _("access template")
        verbose_name_plural = _("access templates")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="access_template_named", condition=~Q(name="")),
            models.UniqueConstraint(name="access_template_name_once", fields=["office", "name"], nulls_distinct=False),
        ]
        triggers = [
            kept(
                name="{row}.name",
                company="(select company_id from access_office where id = {row}.office_id)",
                named={"office": ("access_office", "name")},
            )
        ]

    def __str__(self) -> str:
        return self.name if self.office_id is not None or not self.name else gettext(self.name)


class TemplatePermissionHistory(AccessTemplate.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="access.accesstemplate",
            key="accesstemplate_id",
            field="permissions",
            name="(select name from access_accesstemplate where id = {key})",
            company="""(
                select office.company_id from access_accesstemplate template
                join access_office office on office.id = template.office_id where template.id = {key}
            )""",
            shown=PERMISSION,
        )


class TermsAcceptance(models.Model):
    """That an office or a company ordered the add-on Integrations: who accepted which terms, and when."""

    office = models.ForeignKey(
        Office,
        on_delete=models.PROTECT,
        related_name="terms_acceptances",
        verbose_name=_("accounting office"),
        null=True,
        blank=True,
    )
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        related_name="terms_acceptances",
        verbose_name=_("company"),
        null=True,
        blank=True,
    )
    version = models.CharField(_("version of the terms"), max_length=20)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("accepted by")
    )
    accepted_at = models.DateTimeField(_("accepted"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("add-on Integrations")
        verbose_name_plural = _("add-ons Integrations")
        default_permissions = ("view",)
        ordering = ["-accepted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="terms_of_one_place",
                condition=Q(office__isnull=False, company=None) | Q(office=None, company__isnull=False),
            ),
            models.CheckConstraint(name="terms_version_named", condition=~Q(version="")),
            models.UniqueConstraint(
                name="terms_accepted_once",
                fields=["office", "company"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
            ),
        ]
        triggers = [
            kept(
                name=PLACE,
                company=OF_COMPANY,
                named={
                    "office": ("access_office", "name"),
                    "company": ("ledger_company", "number"),
                    "accepted_by": ("auth_user", "username"),
                },
            )
        ]

    def __str__(self) -> str:
        return f"{self.office or self.company} {self.version}"
