from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RevisionsConfig(AppConfig):
    name = "revisions"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        from revisions import checks, receivers  # noqa: PLC0415  # they read models, which are loaded by now

        checks.register()
        receivers.connect()
