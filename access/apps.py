"""The app's configuration."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Offices, people, applications, API keys and rights."""

    name = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        """Declare whose the rows of this app are, and what is done when others announce something."""
        import_module("access.rules")
        import_module("access.receivers").connect()
        import_module("access.wording").register()
