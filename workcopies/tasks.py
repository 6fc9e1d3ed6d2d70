"""What Celery runs of working copies."""

from functools import partial

from celery import shared_task

from notices import turns
from workcopies import check_in_worker, making, receiving


@shared_task(name=making.TASK, ignore_result=True)
def make(copy_id: int) -> None:
    """Make a copy that waits."""
    of_it = {"copy_id": copy_id}
    turns.go_on(partial(making.run, **of_it), partial(making.fail, **of_it), what=f"Working copy {copy_id}")


@shared_task(name=receiving.TASK, ignore_result=True)
def run_check_in(check_in_id: int) -> None:
    """Go on with a check-in."""
    of_it = {"check_in_id": check_in_id}
    run, fail = partial(check_in_worker.run, **of_it), partial(check_in_worker.fail, **of_it)
    turns.go_on(run, fail, what=f"Check-in {check_in_id}")


@shared_task(ignore_result=True)
def resume_all() -> None:
    """Take up copies and check-ins that wait or whose worker is gone."""
    for copy in making.waiting():
        making.start(copy)
    for found in check_in_worker.waiting():
        receiving.start(found)


@shared_task(ignore_result=True)
def remove_old() -> None:
    """Remove files that nobody has fetched, or gone on with."""
    making.remove_old()
    receiving.remove_old()
