"""The Celery application: bells and transfers, never data."""

import os
import sys
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_prerun, worker_init
from django.db import close_old_connections

from config.checks import refuse_unsafe_production

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # Celery throws away what they find

app = Celery("utkorg")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery would connect anew for each task, which takes longer than a pass of the fan-out and loses its plan.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@task_prerun.connect
def drop_lost_connections(**_kwargs: Any) -> None:
    """Connections live as long as DATABASE_CONN_MAX_AGE says, and no longer than the server's end of them."""
    close_old_connections()


@setup_logging.connect
def leave_logging_to_django(**_kwargs: Any) -> None:
    """Being connected is what keeps Celery from replacing the handlers of `settings.LOGGING`."""


@worker_init.connect
def compare_with_marks(**_kwargs: Any) -> None:
    """Before the first task; Celery has loaded the apps by now, which this module can't import."""
    import_module("config.starting").compare_with_marks()


@worker_init.connect
@beat_init.connect
def refuse_unsafe_settings(**_kwargs: Any) -> None:
    """Workers start without the checks of `manage.py`."""
    refuse_unsafe_production()
