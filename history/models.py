"""The entries, and the tables below this app that are kept a history of."""

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from history.triggers import append_only, kept, kept_links
from ledger.models import Company, FinancialYear


class ChangeKind(models.TextChoices):
    """What happened: to an object, or that somebody did something."""

    CREATED = "created", _("created")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    EXPORTED = "exported", _("exported")
    EMPTIED = "emptied", _("emptied")
    SIGNED_IN = "signed_in", _("signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
    SIGNED_OUT = "signed_out", _("signed out")
    LOCKED_OUT = "locked_out", _("locked out")
    UNLOCKED = "unlocked", _("unlocked")
    SECOND_FACTOR_ON = "second_factor_on", _("two-factor sign-in turned on")
    SECOND_FACTOR_OFF = "second_factor_off", _("two-factor sign-in turned off")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("recovery codes made")
    RECOVERY_CODE_USED = "recovery_code_used", _("recovery code used")
    ADDRESS_REFUSED = "address_refused", _("refused because of its address")
    REPLACED_KEY_USED = "replaced_key_used", _("replaced key used")
    KEY_RESTORED = "key_restored", _("key restored")
    TOKEN_REVOKED = "token_revoked", _("access token revoked")


class Change(models.Model):
    """What happened to one object in one transaction; `changes` holds, by field, what was before and what is after.

    Nobody changes or deletes an entry: the database refuses it to everybody.
    """

    Kind = ChangeKind

    # A configuration has thousands of changes, not millions, but exports and years add up: both lists go by index.
    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("what happened"), max_length=20, choices=ChangeKind.choices)
    subject = models.CharField(_("kind of object"), max_length=100)
    object_id = models.BigIntegerField(_("object"), null=True)
    object_name = models.CharField(_("object"), max_length=300, blank=True)
    # Constraints would keep people and companies from being deleted, or the history of them from being kept.
    company = models.ForeignKey(
        Company, models.DO_NOTHING, related_name="+", verbose_name=_("company"), null=True, db_constraint=False
    )
    changes = models.JSONField(_("changes"), default=dict)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        related_name="+",
        verbose_name=_("person"),
        null=True,
        db_constraint=False,
    )
    user_name = models.CharField(_("person"), max_length=150, blank=True)
    key_name = models.CharField(_("API key"), max_length=150, blank=True)
    via = models.CharField(_("by way of"), max_length=100, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    transaction = models.BigIntegerField(editable=False, default=0)

    class Meta:
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log entries")
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject", "object_id", "-id"], name="change_by_object"),  # an object's history
            models.Index(fields=["user", "-id"], name="change_by_user"),  # the list, of one person
            models.Index(fields=["at"], name="change_by_time"),  # the list, of some days
            models.Index(fields=["company", "-id"], name="change_by_company"),  # the list, of one company
            models.Index(fields=["address", "-id"], name="change_by_address"),  # the list, of what came from somewhere
            # the entry that a transaction has made of an object already
            models.Index(fields=["transaction", "subject", "object_id"], name="change_by_transaction"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="change_kind_known"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.object_name} {self.get_kind_display()}"


# Models of other apps have their triggers here, beneath a name of their own.


class CompanyHistory(Company):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [kept(name="{row}.number || ' ' || {row}.name", company="{row}.id", left_out=("changed_at",))]


class FinancialYearHistory(FinancialYear):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            kept(
                name="(select number from ledger_company where id = {row}.company_id) || ' ' || {row}.first_day",
                company="{row}.company_id",
                named={"company": ("ledger_company", "number")},
            )
        ]


class UserHistory(User):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [kept(name="{row}.username", secret=("password",), left_out=("last_login",))]


class GroupHistory(Group):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [kept(name="{row}.name")]


PERMISSION = """(
    select content_type.app_label || '.' || permission.codename from auth_permission permission
    join django_content_type content_type on content_type.id = permission.content_type_id
    where permission.id = {row}.permission_id
)"""


class UserGroupHistory(User.groups.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="auth.user",
            key="user_id",
            field="groups",
            name="(select username from auth_user where id = {key})",
            shown="(select name from auth_group where id = {row}.group_id)",
        )


class UserPermissionHistory(User.user_permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="auth.user",
            key="user_id",
            field="user_permissions",
            name="(select username from auth_user where id = {key})",
            shown=PERMISSION,
        )


class GroupPermissionHistory(Group.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="auth.group",
            key="group_id",
            field="permissions",
            name="(select name from auth_group where id = {key})",
            shown=PERMISSION,
        )
