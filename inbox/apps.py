from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = _("E-mail portal")

    def ready(self) -> None:
        import_module("inbox.telling").register()
