"""The app as it is offline: its file's format and this, without what waits for check-ins."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OfflineConfig(AppConfig):
    name = "workcopies"
    label = "workcopies"
    verbose_name = _("Working copies")

    def ready(self) -> None:
        import_module("workcopies.scope")  # loading it declares whose a working copy is
