"""What working copies refuse, with stable codes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class WorkingCopyError(Exception):
    """A working copy can't do this; `str` gives the reason in the language in force."""

    code = "invalid"
    message: str | Promise = _("The working copy can't do this.")

    def __init__(self, message: str | Promise | None = None) -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class BadFile(WorkingCopyError):
    """The file is no working copy that can be read; nothing of it is used."""

    code = "bad_file"
    field: str | None = None
    message = _("The file is no working copy of Utkorg's.")


class DamagedFile(BadFile):
    """The file is cut off or broken."""

    code = "damaged_file"
    message = _("The file is cut off or damaged. Send it once more, or use the one that it was copied from.")


class TamperedFile(BadFile):
    """The base or the manifest isn't what was signed at check-out."""

    code = "tampered_file"
    message = _("What the file says of its origin was changed after it was checked out. It can't be checked in.")


class ForeignFile(BadFile):
    """The file was checked out of another installation."""

    code = "foreign_file"
    message = _("The file was checked out of another installation of Utkorg. Check it in there.")


class NewerFile(BadFile):
    """The file was made by a later version."""

    code = "newer_file"
    message = _("The file was made by a later version of Utkorg. Update this one first.")


class UnknownTable(BadFile):
    """The file has a table or column that this version doesn't know any more."""

    code = "other_version"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The file was checked out by another version of Utkorg, whose registers had %(name)s.") % {"name": name}
        )


class TooLargeFile(BadFile):
    """The file is larger than the setting allows."""

    code = "too_large"
    message = _("The file is larger than is taken here.")


class BusyFile(BadFile):
    """Another program is writing to the file, or was stopped while it did."""

    code = "file_in_use"
    message = _("Another program is working in the file. Close it there first.")


class ConflictClosed(WorkingCopyError):
    """Somebody has resolved the conflict already, or a later check-in has replaced it."""

    code = "conflict_closed"
    message = _("The conflict isn't open any more: somebody has resolved it, or a later check-in has replaced it.")


class MayNotResolve(WorkingCopyError):
    """Whoever resolves lacks the right to write what they chose."""

    code = "permission_denied"
    message = _("You lack the right to write this in that company.")

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission


class NotChosen(WorkingCopyError):
    """Both sides changed something differently, and nobody has chosen yet; `parts` names what."""

    code = "not_chosen"
    message = _("Something is not chosen yet: both sides have changed it, each in its own way.")

    def __init__(self, parts: Sequence[str]) -> None:
        super().__init__()
        self.parts = parts


class TheirsMoved(WorkingCopyError):
    """What stands on the server was changed since it was shown."""

    code = "changed_meanwhile"
    message = _("This was changed here after you opened the page. Nothing was written. See what it is now, and choose.")


class BadValue(WorkingCopyError):
    """A value in the file can't be what its column holds; `field` names the column."""

    code = "bad_value"

    def __init__(self, message: str | Promise, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownCopy(BadFile):
    """The file says that it was checked out here, but nobody knows of that."""

    code = "unknown_copy"
    message = _("Nothing is known here of a working copy of this identity. Was an old backup of the server restored?")


class Withdrawn(WorkingCopyError):
    """The copy was withdrawn: what was done in it isn't wanted."""

    code = "withdrawn"
    message = _("The working copy is withdrawn, so it can't be checked in. Somebody with the right may give it back.")


class WrongState(WorkingCopyError):
    """The copy isn't in the state that this needs."""

    code = "wrong_state"
    message = _("The working copy isn't in that state any more. Load the page again.")


class CheckInGoneOn(WrongState):
    """The check-in has gone on meanwhile: in another window, or by another hand."""

    message = _("The check-in has gone on meanwhile; the page shows where it is.")


class FileGone(WorkingCopyError):
    """The file that was handed in isn't kept any more."""

    code = "file_gone"
    message = _("The file isn't kept here any more. Send it again.")


class CheckInBrokenOff(WorkingCopyError):
    """A check-in was stopped again and again, or by a mistake of ours."""

    code = "broken_off"
    message = _("The check-in broke off; who runs Utkorg finds why in the log. Nothing of the file was written.")


class CheckOutError(WorkingCopyError):
    """No copy can be made of this."""

    field: str | None = None


class NoCompany(CheckOutError):
    """No company is named."""

    message = _("Name at least one company.")


class NotAllowed(CheckOutError):
    """Whoever asks may not check out one of the companies."""

    code = "permission_denied"

    def __init__(self, companies: Iterable[str]) -> None:
        super().__init__(
            _("The right to check out working copies is missing in: %(companies)s.")
            % {"companies": ", ".join(companies)}
        )


class UnknownYear(CheckOutError):
    """A company has no financial year that begins on a day that was named."""

    code = "does_not_exist"
    field = "financial_years"

    def __init__(self, company: str, day: date) -> None:
        super().__init__(
            _("Company %(company)s has no financial year that begins on %(day)s.") % {"company": company, "day": day}
        )


class FileExists(CheckOutError):
    """There is a file at the place already; it may be somebody's work."""

    code = "file_exists"

    def __init__(self, path: Path) -> None:
        super().__init__(_("%(file)s is there already. Choose another name.") % {"file": path})


class CannotWrite(CheckOutError):
    """The file can't be made where it was to be."""

    code = "cannot_write"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(_("%(file)s can't be written: %(reason)s.") % {"file": path, "reason": reason})


class NoRoom(CheckOutError):
    """The disk is full."""

    code = "disk_full"
    message = _("The disk is full. Nothing was done.")


class MayNotCheckIn(WorkingCopyError):
    """Whoever checks in lacks the right to, in one of the copy's companies at least."""

    code = "permission_denied"
    message = _("You lack the right to check in working copies, in one of the companies of this one at least.")


class TooBusy(WorkingCopyError):
    """Others wrote the same rows at the same moment, again and again; nothing was written."""

    code = "changed_meanwhile"
    message = _("Others are changing the same registers right now. Nothing was checked in. Try again in a moment.")


def as_kept(error: WorkingCopyError) -> dict[str, str]:
    """A refusal as it is stored: with its kind where that says all, so that everybody reads it in their language."""
    kept = {"code": error.code, "message": str(error)}
    return {**kept, "kind": type(error).__name__} if error.args[0] is type(error).message else kept


def told(kept: Mapping[str, Any] | None) -> str:
    """What a stored refusal says, in the language in force where it can."""
    if kept is None:
        return ""
    kinds = {kind.__name__: kind for kind in _kinds(WorkingCopyError)}
    kind = kinds.get(kept.get("kind", ""))
    return str(kind.message if kind else kept["message"])


def _kinds(kind: type[WorkingCopyError]) -> Iterator[type[WorkingCopyError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)
