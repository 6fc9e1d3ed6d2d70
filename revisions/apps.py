from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RevisionsConfig(AppConfig):
    name = "revisions"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        # They read models, which are loaded by now; loading `scope` declares whose a report is.
        from revisions import checks, messages, receivers, scope  # noqa: F401, PLC0415

        checks.register()
        messages.register()
        receivers.connect()
