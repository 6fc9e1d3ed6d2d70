"""What Celery runs of imports."""

from functools import partial

from celery import shared_task

from imports import running, services
from notices import turns


@shared_task(name=services.TASK, ignore_result=True)
def run(import_id: int) -> None:
    """Go on with an import."""
    of_it = {"import_id": import_id}
    turns.go_on(partial(running.run, **of_it), partial(running.fail, **of_it), what=f"Import {import_id}")


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up imports that wait or whose worker is gone."""
    for found in running.waiting():
        services.start(found)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove files that nobody goes on with."""
    services.remove_old()
