"""What working copies refuse, with stable codes."""

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


class BadValue(WorkingCopyError):
    """A value in the file can't be what its column holds; `field` names the column."""

    code = "bad_value"

    def __init__(self, message: str | Promise, *, field: str) -> None:
        super().__init__(message)
        self.field = field
