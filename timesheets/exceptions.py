"""What hours refuse: every wrong row and field at once, with what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ledger.exceptions import LedgerError

MOST_TOLD = 5


@dataclass(frozen=True, kw_only=True)
class RowError:
    """What is wrong of one row of those that were given, counted from 0; `field` None: the row as a whole."""

    row: int
    code: str
    message: str | Promise
    field: str | None = None

    def __str__(self) -> str:
        where = _("Row %(row)s") % {"row": self.row + 1}
        return f"{where}, {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class HoursRefused(LedgerError):
    """Rows that can't be stored as they are; nothing is written."""

    message = _("The hours can't be stored.")

    def __init__(self, errors: Sequence[RowError]) -> None:
        told = " ".join(str(error) for error in errors[:MOST_TOLD])
        if more := len(errors) - MOST_TOLD if len(errors) > MOST_TOLD else 0:
            told += " " + ngettext("%(count)s more is wrong.", "%(count)s more are wrong.", more) % {"count": more}
        super().__init__(told)
        self.errors = list(errors)


class HoursChanged(LedgerError):
    """Hours changed after whoever acts on them had looked."""

    code = "changed_meanwhile"
    message = _("The hours were changed after you looked at them. Look again, and then decide.")


class HoursApproved(LedgerError):
    """Approved hours are deleted only by those who may approve."""

    code = "approved"
    message = _("Approved hours are deleted only by those who may approve. Ask one of them to withdraw the approval.")


class UnknownLevel(LedgerError):
    """There are four levels of approval."""

    code = "unknown_level"
    message = _("The level of approval is 1, 2, 3 or 4.")


class BrokenStatus(LedgerError):
    """An external status code that can't be stored."""

    field = "externalStatusCode"
    message = _("An external status code has at most 64 characters, without control characters.")


class CategoryInUse(LedgerError):
    """A time category with hours can't be deleted."""

    code = "in_use"


class CategoryExists(LedgerError):
    """The company has a category of that number."""

    code = "already_exists"
    field = "number"
    message = _("The company has a time category with that number already. Change that one, or choose another number.")
