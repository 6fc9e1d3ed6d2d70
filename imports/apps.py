from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("Bookkeeping")

    def ready(self) -> None:
        import_module("imports.messages").register()
