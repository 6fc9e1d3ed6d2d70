"""The app's configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Applications, API keys and rights."""

    name = "access"
    verbose_name = _("Access")
