"""A message to one person."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from notices.kinds import Words, words_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class NoticeQuerySet(models.QuerySet["Notice"]):
    def of(self, user: "User | AnonymousUser") -> "NoticeQuerySet":
        """Those of one person."""
        return self.filter(user=user.pk)

    def unread(self) -> "NoticeQuerySet":
        """Those not read yet."""
        return self.filter(read_at=None)


class Notice(models.Model):
    class Level(models.TextChoices):
        INFO = "info", _("information")
        SUCCESS = "success", _("done")
        WARNING = "warning", _("warning")
        ERROR = "error", _("error")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name=_("user"))
    level = models.CharField(_("level"), max_length=8, choices=Level.choices, default=Level.INFO)
    kind = models.CharField(max_length=64)
    parameters: models.JSONField[Any, Any] = models.JSONField(default=dict)
    url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    read_at = models.DateTimeField(_("read"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-id",)
        default_permissions = ()
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_of_user"),  # the page that lists them
            # the bell on every page
            models.Index(fields=["user", "id"], name="notice_unread", condition=Q(read_at=None)),
            # the clean-up
            models.Index(fields=["read_at"], name="notice_read", condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.words.title

    @cached_property
    def words(self) -> Words:
        """What it says, in the language in force."""
        return words_of(self.kind, self.parameters)
