"""What people are told of keys: which warnings went out, and the letters."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models.keys import ApiKey
from notices.letters import LetterBase


class ExpiryWarning(models.Model):
    """That people were told so many days before that a key expires then; another expiry is warned of anew."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="expiry_warnings")
    expires_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    warned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["key", "expires_at", "days"], name="expiry_warned_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.expires_at} {self.days}"


class KeyLetter(LetterBase):
    """An e-mail to one person about a key."""

    class Kind(models.TextChoices):
        EXPIRES = "expires", _("the key expires")
        REPLACED_USED = "replaced_used", _("an old key was used")

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=13, choices=Kind.choices)

    class Meta:
        default_permissions = ()
        indexes = [
            # letters to send, and those that could not be
            models.Index(fields=["created_at"], name="key_letter_unsent", condition=Q(sent_at=None)),
        ]
