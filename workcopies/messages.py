"""What whoever checks in or out is told, on whatever page they are, and later if they are away."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell
from workcopies.models import CheckIn, WorkingCopy

DONE, REFUSED, FAILED, READ = (f"check_in_{state}" for state in ("done", "refused", "failed", "read"))
MADE, NOT_MADE = "working_copy_made", "working_copy_failed"
# Who waits so long has gone to another page.
LONG = timedelta(seconds=15)


def tell_read(check_in: CheckIn) -> None:
    """The file is looked at and waits for a person, who may be elsewhere by now."""
    if check_in.begun_at and timezone.now() - check_in.begun_at > LONG:
        _tell_of_check_in(check_in, READ, Notice.Level.INFO)


def tell_done(check_in: CheckIn) -> None:
    """It has landed."""
    report = check_in.report or {}
    counts = {name: len(report.get(name, ())) for name in ("landed", "conflicts", "refused")}
    level = Notice.Level.WARNING if counts["conflicts"] or counts["refused"] else Notice.Level.SUCCESS
    _tell_of_check_in(check_in, DONE, level, **counts)


def tell_refused(check_in: CheckIn) -> None:
    """The file is refused, or its check-in broke off."""
    kind = REFUSED if check_in.status == CheckIn.Status.REFUSED else FAILED
    _tell_of_check_in(check_in, kind, Notice.Level.ERROR, reason=check_in.reason)


def tell_made(copy: WorkingCopy) -> None:
    """It can be fetched."""
    _tell_of_copy(copy, MADE, Notice.Level.SUCCESS, rows=copy.rows)


def tell_not_made(copy: WorkingCopy) -> None:
    """It couldn't be made."""
    _tell_of_copy(copy, NOT_MADE, Notice.Level.ERROR, reason=copy.reason)


def register() -> None:
    """Make the kinds known."""
    kinds.register(DONE, lambda said: Words(_("%(file)s is checked in") % said, _outcome(said)))
    kinds.register(
        READ, lambda said: Words(_("%(file)s is read") % said, _("Look at what it changes, and check it in."))
    )
    kinds.register(REFUSED, lambda said: Words(_("%(file)s can't be checked in") % said, said["reason"]))
    kinds.register(FAILED, lambda said: Words(_("The check-in of %(file)s broke off") % said, said["reason"]))
    kinds.register(MADE, lambda said: Words(_("The working copy %(file)s can be fetched") % said, _rows(said)))
    kinds.register(NOT_MADE, lambda said: Words(_("The working copy %(file)s couldn't be made") % said, said["reason"]))


def _tell_of_check_in(check_in: CheckIn, kind: str, level: Notice.Level, **more: Any) -> None:
    url = reverse("admin:workcopies_checkin_change", args=[check_in.pk])
    _tell(check_in.by, kind, check_in.name, url, level, **more)


def _tell_of_copy(copy: WorkingCopy, kind: str, level: Notice.Level, **more: Any) -> None:
    url = reverse("admin:workcopies_workingcopy_change", args=[copy.pk])
    _tell(copy.made_by, kind, copy.name, url, level, **more)


def _tell(user: User | None, kind: str, file: str, url: str, level: Notice.Level, **more: Any) -> None:
    if user is not None:
        tell(user=user, kind=kind, parameters={"file": file, **more}, url=url, level=level)


def _outcome(said: Mapping[str, Any]) -> str:
    landed = ngettext("%(count)s document landed", "%(count)s documents landed", said["landed"])
    conflicts = ngettext("%(count)s conflict", "%(count)s conflicts", said["conflicts"])
    refused = ngettext("%(count)s refused", "%(count)s refused", said["refused"])
    parts = ((landed, "landed"), (conflicts, "conflicts"), (refused, "refused"))
    told = [text % {"count": _number(said[name])} for text, name in parts if said[name]]
    return ", ".join(told) or _("Nothing in it was changed since the last time.")


def _rows(said: Mapping[str, Any]) -> str:
    return ngettext("%(rows)s row", "%(rows)s rows", said["rows"]) % {"rows": _number(said["rows"])}


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
