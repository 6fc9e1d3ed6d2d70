"""The app's configuration."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
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
        # Django's model, which asks nobody what it is called
        group: Any = apps.get_model("auth", "Group")
        group.add_to_class("__str__", import_module("access.delivered_groups").shown_name)
