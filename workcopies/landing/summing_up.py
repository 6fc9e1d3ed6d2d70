"""The report of a check-in, out of what became of its documents."""

from collections.abc import Sequence

from workcopies.documents.mine import Mine
from workcopies.landing.landing import Lander
from workcopies.landing.report import Report
from workcopies.models import CheckIn, WorkingCopy


def sum_up(
    lander: Lander, mine: Mine, *, copy: WorkingCopy, check_in: CheckIn | None, warnings: Sequence[str]
) -> Report:
    """Say what became of everything; without a check-in, what would."""
    done = lander.done
    touched = done.landed.keys() | done.conflicts.keys() | done.refused.keys()
    were_there = sum(item.base is not None for item in lander.items if item.name in touched)
    return Report(
        check_in=str(check_in.uid) if check_in else None,
        working_copy=copy,
        dry_run=check_in is None,
        landed=list(done.landed.values()),
        unchanged=mine.documents - were_there,
        conflicts=done.in_conflict,
        refused=list(done.refused.values()),
        warnings=warnings,
        sides=done.sides,
        deletions=list(lander.guard.missing.values()),
    )
