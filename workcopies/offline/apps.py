"""The app as it is offline, without what waits for check-ins, and Django's admin as it is here."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _


class OfflineConfig(AppConfig):
    name = "workcopies"
    label = "workcopies"
    verbose_name = _("Working copies")

    def ready(self) -> None:
        import_module("workcopies.scope")  # loading it declares whose a working copy is


class OfflineAdminConfig(SimpleAdminConfig):
    """The registers are named by the addresses alone."""

    default_site = "workcopies.offline.site.OfflineSite"
