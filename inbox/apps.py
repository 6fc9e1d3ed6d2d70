"""What the e-mail portal makes known when it is ready."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = _("E-mail portal")

    def ready(self) -> None:
        """Models are loaded by now, which these modules read."""
        import_module("inbox.settings_checks")  # loading it registers the checks
        import_module("inbox.telling").register()
        import_module("inbox.mailboxes.messages").register()
