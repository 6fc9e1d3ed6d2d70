"""API keys, the texts that they had before, and the clients that an office's key is for."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models.applications import Application
from access.models.organisation import OF_COMPANY, AccessTemplate, Office
from access.querysets import ApiKeyQuerySet
from history.models import PERMISSION
from history.triggers import kept, kept_links
from ledger.models import Company

KEY_NAME = "{row}.name || ' (' || {row}.public_id || ')'"


class KeyKind(models.TextChoices):
    """Whose key it is."""

    END_USER = "end_user", _("End user's key")
    OFFICE = "office", _("Accounting office's key")


class KeyRights(models.TextChoices):
    """Where a key's rights come from."""

    ALL = "all", _("All rights")
    OWN = "own", _("This user's rights")
    NONE = "none", _("Choose yourself")


class KeyState(models.TextChoices):
    """Whether a key opens anything."""

    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    OWNER_INACTIVE = "owner_inactive", _("Owner inactive")


class ApiKey(models.Model):
    """What opens the API for an application; its text is shown once and stored nowhere."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="api_keys",
        verbose_name=_("owner"),
        help_text=_("The key never may more than its owner may at that moment."),
    )
    application = models.ForeignKey(
        Application,
        on_delete=models.PROTECT,
        related_name="api_keys",
        verbose_name=_("application"),
    )
    office = models.ForeignKey(
        Office,
        on_delete=models.PROTECT,
        related_name="api_keys",
        verbose_name=_("accounting office"),
        null=True,
        blank=True,
        help_text=_("Whose clients the key is for."),
    )
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        related_name="api_keys",
        verbose_name=_("company"),
        null=True,
        blank=True,
        help_text=_("The one company that the key is for. With neither company nor office it follows its owner."),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("What the key is called in the overview."))
    kind = models.CharField(_("kind"), max_length=10, choices=KeyKind.choices, default=KeyKind.END_USER)
    rights = models.CharField(
        _("rights"),
        max_length=4,
        choices=KeyRights.choices,
        default=KeyRights.ALL,
        help_text=_(
            "All rights follow the owner. This user's rights are a copy of the owner's of today. "
            "Choose yourself starts with none."
        ),
    )
    permissions = models.ManyToManyField(
        Permission,
        blank=True,
        related_name="+",
        verbose_name=_("permissions"),
        help_text=_("Those that the owner lacks have no effect. Not used with all rights."),
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=43),
        verbose_name=_("allowed addresses"),
        default=list,
        blank=True,
        help_text=_(
            "IP addresses and ranges from which the key may be used, such as 192.0.2.0/24. None: from anywhere."
        ),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: never."))

    public_id = models.CharField(_("public id"), max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["application__name", "name", "pk"]
        constraints = [
            models.CheckConstraint(name="access_apikey_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="access_apikey_public_id_form",
                condition=Q(public_id__regex=r"^[0-9A-Za-z]{12}$"),
            ),
            models.CheckConstraint(
                # So that the text of a key can't land here by mistake.
                name="access_apikey_digest_form",
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(name="access_apikey_kind_known", condition=Q(kind__in=KeyKind.values)),
            models.CheckConstraint(name="access_apikey_rights_known", condition=Q(rights__in=KeyRights.values)),
            models.CheckConstraint(
                name="access_apikey_of_one_place",
                condition=Q(kind="end_user", office=None) | Q(kind="office", company=None),
            ),
            models.CheckConstraint(
                name="access_apikey_networks_form",
                condition=models.Func(
                    F("allowed_networks"),
                    template="(%(expressions)s)::cidr[] is not null",
                    output_field=models.BooleanField(),
                ),
            ),
            models.CheckConstraint(
                name="access_apikey_expires_after_creation",
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
            ),
        ]
        triggers = [
            kept(
                name=KEY_NAME.format(row="{row}"),
                company=OF_COMPANY,
                named={
                    "owner": ("auth_user", "username"),
                    "application": ("access_application", "name"),
                    "office": ("access_office", "name"),
                    "company": ("ledger_company", "number"),
                },
                left_out=("digest", "last_used_at", "created_at"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.public_id})"

    def state(self, *, at: datetime) -> KeyState:
        """Tell whether the key opens anything at a moment, and if not, why."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.expires_at is not None and self.expires_at <= at:
            return KeyState.EXPIRED
        if not self.owner.is_active:
            return KeyState.OWNER_INACTIVE
        return KeyState.ACTIVE


class KeyPermissionHistory(ApiKey.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="access.apikey",
            key="apikey_id",
            field="permissions",
            name=f"(select {KEY_NAME.format(row='key')} from access_apikey key where key.id = {{key}})",
            company=f"(select {OF_COMPANY.format(row='key')} from access_apikey key where key.id = {{key}})",
            shown=PERMISSION,
        )


class ReplacedSecret(models.Model):
    """A text that a key had before; its use is let through until `works_until`, and tells of itself after that."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="replaced_secrets")
    digest = models.CharField(max_length=64)
    replaced_at = models.DateTimeField(default=timezone.now)
    works_until = models.DateTimeField()
    # while it worked: whether the integration has its new key by now
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="replaced_secret_digest_form", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
            # The look-up of a text that isn't the key's present one, too
            models.UniqueConstraint(name="replaced_secret_once", fields=["key", "digest"]),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.replaced_at}"


class ClientGrant(models.Model):
    """What an office's key may do for one client: what the template says, as it is at that moment."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="client_grants", verbose_name=_("API key"))
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="client_grants", verbose_name=_("client")
    )
    template = models.ForeignKey(
        AccessTemplate, on_delete=models.PROTECT, related_name="grants", verbose_name=_("access template")
    )

    class Meta:
        verbose_name = _("client access of a key")
        verbose_name_plural = _("client accesses of keys")
        constraints = [models.UniqueConstraint(fields=["key", "company"], name="client_grant_once")]
        triggers = [
            kept(
                name=f"(select {KEY_NAME.format(row='key')} from access_apikey key where key.id = {{row}}.key_id)"
                " || ' ' || (select number from ledger_company where id = {row}.company_id)",
                company="{row}.company_id",
                named={
                    "company": ("ledger_company", "number"),
                    "template": ("access_accesstemplate", "name"),
                },
                left_out=("key",),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.company_id}"
