"""Access tokens: what a user or a key is given for an hour in exchange for a password or the key's text."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models.keys import ApiKey


class AccessToken(models.Model):
    """A short-lived token of a user or of a key; its text is given once and stored nowhere.

    `proof` is a digest of what it was given for: it opens nothing once the password, or the key's text, is another.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens", verbose_name=_("user"), null=True
    )
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="access_tokens", verbose_name=_("API key"), null=True)

    digest = models.CharField(max_length=64, unique=True, editable=False)
    proof = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("given"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    address = models.GenericIPAddressField(_("address"), null=True, editable=False)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        default_permissions = ("view", "delete")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["expires_at"], name="access_token_by_end")]  # the clean-up
        constraints = [
            models.CheckConstraint(
                name="access_token_of_user_or_key",
                condition=Q(user__isnull=False, key=None) | Q(user=None, key__isnull=False),
            ),
            # So that the text of a token can't land here by mistake.
            models.CheckConstraint(name="access_token_digest_form", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="access_token_proof_form", condition=Q(proof__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return str(self.key or self.user)

    def is_over(self, *, at: datetime) -> bool:
        """Tell whether its time has passed."""
        return self.expires_at <= at
