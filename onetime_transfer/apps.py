from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnetimeTransferConfig(AppConfig):
    name = "onetime_transfer"
    verbose_name = _("Outbox")
