from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkcopiesConfig(AppConfig):
    name = "workcopies"
    verbose_name = _("Working copies")

    def ready(self) -> None:
        import_module("workcopies.scope")  # loading it declares whose a working copy is
        import_module("workcopies.messages").register()
