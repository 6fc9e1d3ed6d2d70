"""The report of a check-in, out of what became of its documents."""

from collections.abc import Iterator, Sequence

from workcopies.documents.mine import Mine
from workcopies.documents.since import Since
from workcopies.landing.landing import Lander
from workcopies.landing.report import Operation, Report, Theirs
from workcopies.models import CheckIn, WorkingCopy


def sum_up(
    lander: Lander,
    mine: Mine,
    *,
    copy: WorkingCopy,
    check_in: CheckIn | None,
    warnings: Sequence[str],
    since: Since | None = None,
) -> Report:
    """Say what became of everything; without a check-in, what would, and what the server changed `since`."""
    done = lander.done
    touched = done.landed.keys() | done.conflicts.keys() | done.refused.keys()
    were_there = sum(item.base is not None for item in lander.items if item.name in touched)
    theirs = list(_theirs(lander, since)) if since else []
    for one in theirs:
        done.sides[one.register]["theirs"] += 1
    return Report(
        check_in=str(check_in.uid) if check_in else None,
        working_copy=copy,
        dry_run=check_in is None,
        landed=list(done.landed.values()),
        unchanged=mine.documents - were_there,
        conflicts=done.in_conflict,
        refused=list(done.refused.values()),
        warnings=warnings,
        theirs=theirs,
        has_all_of_theirs=since is not None and since.is_known and since.is_complete,
        sides=done.sides,
        deletions=list(lander.guard.missing.values()),
    )


def _theirs(lander: Lander, since: Since) -> Iterator[Theirs]:
    """Yield what only the server changed, as far as whoever asks may see it; what landed earlier was the copy's."""
    for one in since.documents:
        if (one.register, one.key) not in lander.landed_before and lander.may_see(one.kind, one.key[0]):
            operation: Operation = "created" if one.operation == "created" else "changed"
            yield Theirs(
                information_type=one.information_type,
                key=one.named_key,
                register=one.register,
                company=one.key[0],
                operation="deleted" if one.operation == "deleted" else operation,
            )
