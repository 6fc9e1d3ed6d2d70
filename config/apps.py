"""The configuration of the project's top."""

from django.apps import AppConfig
from django.conf import settings

from config import checks, error_reports

__all__ = ["ConfigConfig", "checks"]  # loading the checks registers them


class ConfigConfig(AppConfig):
    """Registers the checks, listens to who signs in, and starts the reports of errors."""

    name = "config"

    def ready(self) -> None:
        from access.http import sign_ins  # noqa: PLC0415  # it reads models, which are loaded by now

        sign_ins.connect()
        if settings.SENTRY_DSN:
            error_reports.start(settings.SENTRY_DSN)
