"""The Celery application: bells and transfers, never data."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

from config.checks import refuse_unsafe_production

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("utkorg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_to_django(**_kwargs: Any) -> None:
    """Being connected is what keeps Celery from replacing the handlers of `settings.LOGGING`."""


@worker_init.connect
@beat_init.connect
def refuse_unsafe_settings(**_kwargs: Any) -> None:
    """Workers start without the checks of `manage.py`."""
    refuse_unsafe_production()
