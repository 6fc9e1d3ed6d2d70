"""The Celery application: bells and transfers, never data."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
# A worker's process works alone, one task after the other: it keeps its connection.
os.environ.setdefault("DATABASE_CONN_MAX_AGE", "600")

app = Celery("utkorg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_to_django(**_kwargs: Any) -> None:
    """Being connected is what keeps Celery from replacing the handlers of `settings.LOGGING`."""
