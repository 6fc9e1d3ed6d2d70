"""The record of the working copy that a file says it is."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext as _

from access.rights import Rights
from ledger.models import Company
from revisions.installation import installation
from workcopies.exceptions import BadFile, MayNotCheckIn, Withdrawn
from workcopies.file.manifest import Manifest
from workcopies.models import WorkingCopy
from workcopies.scope import may_in_all

CHECK_IN = "workcopies.check_in"
# "UtC": the first of two numbers of the advisory lock that those hold who check in something of a company
LOCK = 0x557443


def lock_copy(manifest: Manifest, *, rights: Rights, alone: bool = True) -> tuple[WorkingCopy, list[str]]:
    """The record of a copy, held until the end of the transaction, and what there is to be said of it.

    Not held, nor its companies, where nobody need be kept out (`alone`). One that isn't known is made again: its file
    is signed by this installation, so the database is an older one now. Raises `Withdrawn`, `MayNotCheckIn`.
    """
    known, made = WorkingCopy.objects.get_or_create(uid=_uid(manifest), defaults=_from(manifest))
    copies = WorkingCopy.objects.select_for_update(no_key=True) if alone else WorkingCopy.objects
    copy = copies.get(pk=known.pk)
    if made:
        copy.companies.set(Company.objects.filter(number__in=manifest.companies))
    if not may_in_all(rights, CHECK_IN, copy) or not copy.companies.exists():
        raise MayNotCheckIn
    if copy.status == WorkingCopy.Status.WITHDRAWN:
        raise Withdrawn
    if alone:
        one_at_a_time(copy.companies.order_by().values_list("pk", flat=True))
    return copy, list(_warnings(manifest, is_lost=made))


def one_at_a_time(companies: Iterable[int]) -> None:
    """Let one check-in of a company land, or one conflict be settled, at a time; until the transaction ends.

    Called before any row is locked: two would wait for each other's rows in turn.
    """
    with connection.cursor() as cursor:
        for company in sorted(companies):
            cursor.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK, company % 2**31])


def _uid(manifest: Manifest) -> UUID:
    try:
        return UUID(manifest.uid)
    except ValueError as error:
        raise BadFile from error


def _from(manifest: Manifest) -> dict[str, object]:
    return {
        "name": manifest.name or ", ".join(manifest.companies),
        "years": {number: [day.isoformat() for day in days] for number, days in manifest.years.items()},
        "made_by": User.objects.filter(username=manifest.user).first(),
        "made_by_name": manifest.user,
        "status": WorkingCopy.Status.OUT,
        "asked_at": manifest.made_at,
        "made_at": manifest.made_at,
        "epoch": manifest.epoch,
        "position": manifest.position,
        "rows": manifest.rows,
    }


def _warnings(manifest: Manifest, *, is_lost: bool) -> "list[str]":
    told = []
    if is_lost:
        told.append(
            _("This working copy was not known here any more, as after a backup was restored. Now it is again.")
        )
    epoch = installation().epoch
    if manifest.epoch < epoch:
        told.append(
            _(
                "A backup was restored after the working copy was checked out. What was lost then looks as if it had "
                "been deleted here."
            )
        )
    elif manifest.epoch > epoch:
        told.append(
            _(
                "The working copy was checked out of a newer database than this one, which is an older backup. What "
                "was lost looks as if it had been deleted here."
            )
        )
    return told
