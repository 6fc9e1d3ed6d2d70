"""The admin of Django as an app of ours."""

from typing import Any

from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class PagesConfig(SimpleAdminConfig):
    """Its pages are loaded by `config.urls`: programs that show none start without them, in half the time."""

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(*, app_configs: Any, **options: Any) -> list[CheckMessage]:
    """What Django checks of the admin, once there are pages to check."""
    autodiscover()
    found: list[CheckMessage] = check_admin_app(app_configs, **options)
    return found
