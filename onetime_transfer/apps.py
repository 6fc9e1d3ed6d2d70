from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnetimeTransferConfig(AppConfig):
    name = "onetime_transfer"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        import_module("onetime_transfer.scope")  # loading it declares whose a transfer is
        import_module("onetime_transfer.messages").register()
