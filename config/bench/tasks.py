"""The empty task that an answer's time is measured against, in a worker like the bell's."""

from celery import Celery
from django.conf import settings

app = Celery("bench", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(result_backend=settings.CELERY_BROKER_URL)

QUEUE = "empty"


@app.task(name="bench.empty", ignore_result=False)
def empty() -> None:
    """Do nothing, and answer."""
