"""The programs that keys are made for."""

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from history.models import PERMISSION
from history.triggers import kept, kept_links


class Application(models.Model):
    """A program of somebody's that fetches from Utkorg and writes to it."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    vendor = models.CharField(_("vendor"), max_length=200, blank=True)
    supports_office_keys = models.BooleanField(
        _("supports office keys"),
        default=False,
        help_text=_("Whether one key of an accounting office may be used for many clients."),
    )
    is_listed = models.BooleanField(
        _("in the list"),
        default=True,
        help_text=_("Whether it is offered in the list of known applications. One that was typed in isn't."),
    )
    permissions = models.ManyToManyField(
        Permission,
        blank=True,
        related_name="+",
        verbose_name=_("rights that it asks for"),
        help_text=_("Proposed when a key is made for it. Whoever makes the key decides."),
    )

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="access_application_named", condition=~Q(name="")),
        ]
        triggers = [kept(name="{row}.name")]

    def __str__(self) -> str:
        return self.name


class ApplicationPermissionHistory(Application.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="access.application",
            key="application_id",
            field="permissions",
            name="(select name from access_application where id = {key})",
            shown=PERMISSION,
        )
