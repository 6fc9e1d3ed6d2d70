"""What people have chosen for themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """What a person has chosen for themself; who has none gets what their browser says."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="profile")
    language = models.CharField(_("language"), max_length=8, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.language
