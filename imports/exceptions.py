"""What the imports' services refuse."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FileImportError(Exception):
    """What is asked of an import can't be done; `str` gives the reason in the language in force."""

    message: str | Promise = _("The import can't do this.")

    def __init__(self, message: str | Promise | None = None) -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class TooLarge(FileImportError):
    """The file is larger than the setting allows."""


class WrongState(FileImportError):
    """The import has gone on meanwhile."""

    message = _("The import has gone on meanwhile; the page shows where it is.")


class FileGone(FileImportError):
    """The file isn't kept any more."""

    message = _("The file isn't kept any more. Choose it again.")
