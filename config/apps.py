"""The configuration of the project's top."""

from django.apps import AppConfig
from django.conf import settings

from config import checks, error_reports

__all__ = ["ConfigConfig", "checks"]  # loading the checks registers them


class ConfigConfig(AppConfig):
    """Registers the checks and starts the reports of errors."""

    name = "config"

    def ready(self) -> None:
        if settings.SENTRY_DSN:
            error_reports.start(settings.SENTRY_DSN)
