"""The configuration of the project's top."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register

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


class PagesConfig(SimpleAdminConfig):
    """The admin, whose pages `config.urls` loads: programs that show none start without them, in half the time."""

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(*, app_configs: Any, **options: Any) -> list[CheckMessage]:
    """What Django checks of the admin, once there are pages to check."""
    autodiscover()
    found: list[CheckMessage] = check_admin_app(app_configs, **options)
    return found
