from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WatchConfig(AppConfig):
    name = "watch"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        from watch import receivers  # noqa: PLC0415  # it reads models, which are loaded by now

        receivers.connect()
