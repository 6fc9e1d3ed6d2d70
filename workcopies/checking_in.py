"""Checking in a working copy: what only it changed lands, in one transaction; what both changed differently waits.

Twice does nothing, and after a crash a second time completes it.
"""

import functools
import time
from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import ApiKey
from access.origin import write_as
from access.rights import Rights
from revisions.installation import installation
from workcopies.documents.mine import read_mine
from workcopies.documents.since import changed_there
from workcopies.exceptions import TooBusy
from workcopies.file.reading import WorkingFile, open_file
from workcopies.landing.copies import lock_copy
from workcopies.landing.giving_way import GaveWay, GivingWay, wait_little
from workcopies.landing.guarding import Guard, sizes_of
from workcopies.landing.items import companies_of, items_of
from workcopies.landing.landing import Lander
from workcopies.landing.lineage import Lineage
from workcopies.landing.remembering import keep, landed_of
from workcopies.landing.report import Report
from workcopies.landing.summing_up import sum_up
from workcopies.models import CheckIn, WorkingCopy

# "reading" or "landing", how much is done, and of how much where that is known; what it raises breaks off.
Progress = Callable[[str, int, int | None], None]
Conclude = Callable[[Report], None]

ATTEMPTS = 5
PREVIEWS = 3
PAUSE = 0.2
# Serialization failure, deadlock, a lock that wasn't to be had: others wrote the same at once
OTHERS_AT_ONCE = {"40001", "40P01", "55P03"}


class _DryRun(Exception):
    """Ends a transaction that was only to show what would become."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


def check_in(
    *,
    path: Path,
    user: User | None,
    rights: Rights,
    via: str,
    key: ApiKey | None = None,
    dry_run: bool = False,
    allow_deletions: bool = False,
    progress: Progress | None = None,
    check_in: CheckIn | None = None,
    name: str = "",
    conclude: Conclude | None = None,
) -> Report:
    """Take in what a working copy changed, by whoever has `rights` now; a dry run shows what would become of it.

    Nobody waits for a dry run: it begins anew where somebody would, and at last compares without writing.

    What lands is the application's whose `key` is given. Of a `check_in` that is there already only its working copy is
    written; `conclude` is called last within the transaction of a real check-in.

    Raises `BadFile`, `Withdrawn`, `MayNotCheckIn`, `TooBusy`; then nothing at all is written.
    """
    with open_file(path, installation=str(installation().uid)) as file:
        reading = _Reading(file, progress or _nobody)

        def record(copy: WorkingCopy) -> CheckIn:
            if check_in is not None:
                check_in.working_copy = copy
                check_in.file_place, check_in.file_mark = reading.state
                check_in.save(update_fields=["working_copy", "file_place", "file_mark"])
                return check_in
            place, mark = reading.state
            return CheckIn.objects.create(
                working_copy=copy,
                by=user,
                by_name=user.username if user else "",
                via=via,
                name=name or path.name,
                size=path.stat().st_size,
                file_place=place,
                file_mark=mark,
                allow_deletions=allow_deletions,
                status=CheckIn.Status.DONE,
                begun_at=timezone.now(),
            )

        # Before anything is written, which would be the server's own change as well
        since = changed_there(file.manifest, reading.mine) if dry_run else None

        def land(*, is_written: bool = True) -> Report:
            with transaction.atomic():
                if key is not None:
                    write_as(key.application)
                if dry_run:
                    wait_little()
                copy, warnings = lock_copy(file.manifest, rights=rights, alone=is_written)
                if not is_written:
                    warnings.append(_untried())
                lineage = Lineage(file, reading.mine, copy=copy, is_logged=reading.is_logged)
                lander = reading.lander(
                    copy,
                    lineage,
                    rights=rights,
                    allow_deletions=allow_deletions,
                    way=GivingWay() if dry_run and is_written else None,
                    is_written=is_written,
                )
                lander.land()
                made = None if dry_run else record(copy)
                report = sum_up(lander, reading.mine, copy=copy, check_in=made, warnings=warnings, since=since)
                if made is None:
                    raise _DryRun(report)
                keep(lander, copy=copy, check_in=made, gone_on_from=lineage.check_ins)
                if check_in is None:
                    made.report, made.finished_at = report.as_json(), timezone.now()
                    made.save(update_fields=["report", "finished_at"])
                if conclude is not None:
                    conclude(report)
            return report

        return _previewed(land) if dry_run else _again(land)


class _Reading:
    """A file that is checked in: read once, however often its landing begins anew."""

    def __init__(self, file: WorkingFile, progress: Progress) -> None:
        self._file, self._progress, self._rows = file, progress, 0
        mark = file.mark  # before its rows: what is written from here on makes reading them end
        self.mine = read_mine(file, progress=self._read)
        if mark is not None and mark.place == 0 and self.mine.changes:
            mark = None  # somebody has emptied its log
        self.is_logged = mark is not None
        self.state = (mark.place, mark.mark) if mark else (None, None)
        self._sizes = sizes_of(file)

    def lander(
        self,
        copy: WorkingCopy,
        lineage: Lineage,
        *,
        rights: Rights,
        allow_deletions: bool,
        way: GivingWay | None = None,
        is_written: bool = True,
    ) -> Lander:
        """What lands the file's changes."""
        landed = lineage.known(landed_of(copy))
        known = items_of(self.mine, landed, made=lineage.made)
        items = [item for item in known if item.problem or item.is_asked_for]
        return Lander(
            items,
            companies=companies_of(self._file.manifest, landed),
            landed=landed,
            rights=rights,
            guard=Guard(items, sizes=self._sizes, allow_deletions=allow_deletions),
            watch=functools.partial(self._landed, of=len(items), way=way),
            doubtful=lineage.doubtful(items),
            is_written=is_written,
        )

    def _landed(self, done: int, *, of: int, way: GivingWay | None) -> None:
        self._progress("landing", done, of)
        if way is not None:
            way.look()

    def _read(self, rows: int) -> None:
        self._rows += rows
        self._progress("reading", self._rows, self._file.manifest.rows)


def _again(work: Callable[[], Report]) -> Report:
    """Begin anew where others wrote the same at once, a few times. Raises `TooBusy`."""
    is_outermost = not connection.in_atomic_block
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except _DryRun as done:
            return done.report
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in OTHERS_AT_ONCE or not is_outermost:
                raise
            if attempt == ATTEMPTS:
                raise TooBusy from error
            time.sleep(PAUSE * attempt)
    raise TooBusy


def _previewed(land: Callable[..., Report]) -> Report:
    """Show what would become of it, and let everybody pass who waits; with many of them, only compare."""
    for attempt in range(1, PREVIEWS + 1):
        try:
            land()
        except _DryRun as done:
            return done.report
        except GaveWay:
            pass
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in OTHERS_AT_ONCE:
                raise
        time.sleep(PAUSE * attempt)
    return _again(functools.partial(land, is_written=False))


def _untried() -> str:
    return _(
        "Others write here at this moment, and don't wait for a preview: it only compares. What can't land is told by "
        "the check-in."
    )


def _nobody(_stage: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""
