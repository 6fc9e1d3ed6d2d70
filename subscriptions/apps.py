from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        import_module("subscriptions.scope")  # loading it declares whose a subscription is
        import_module("subscriptions.receivers").connect()
