"""What services and the database refuse, on its way back to the page that asked."""

import dataclasses

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, models
from django.db.models import ProtectedError, RestrictedError
from django.forms import ModelForm
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import LedgerError, refusal

# SQLSTATE classes and codes that come of what others do at the same moment, or of values that don't fit.
BY_SQLSTATE: dict[str, str | Promise] = {
    "23505": _("Another row with these values exists already."),
    "23503": _("Something that it refers to, or that refers to it, was changed at the same moment. Try again."),
    "23514": _("The database refuses these values: they do not go together."),
    "22003": _("An amount is too large."),
    "40001": _("Somebody else changed this at the same moment. Try again."),
    "40P01": _("Somebody else changed this at the same moment. Try again."),
    "55P03": _("Somebody else is changing this right now. Try again in a moment."),
}
# What SQLite, in which a working copy is worked in offline, calls the same
BY_NAME_IN_SQLITE: dict[str, str | Promise] = {
    "SQLITE_CONSTRAINT_UNIQUE": BY_SQLSTATE["23505"],
    "SQLITE_CONSTRAINT_PRIMARYKEY": BY_SQLSTATE["23505"],
    "SQLITE_CONSTRAINT_FOREIGNKEY": BY_SQLSTATE["23503"],
    "SQLITE_CONSTRAINT_NOTNULL": BY_SQLSTATE["23514"],
    "SQLITE_BUSY": _("Another program is writing to the file right now. Try again in a moment."),
    "SQLITE_READONLY": _("The file can't be written."),
    "SQLITE_FULL": _("The disk is full. Nothing was saved."),
    "SQLITE_IOERR": _("The disk doesn't take the change. Nothing was saved."),
}


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why something wasn't done; `field` names the input that is wrong, where it is one; `further` what else is."""

    message: str
    field: str | None = None
    further: tuple["Refusal", ...] = ()


def refusal_of(error: Exception, known: tuple[type[Exception], ...]) -> Refusal | None:
    """What to tell whoever asked, or None for an error that is nobody's doing but ours."""
    match error:
        case ProtectedError() | RestrictedError():
            return Refusal(str(_("It is used by other rows, and so it can't be deleted.")))
        case DatabaseError():
            return _refusal_of_database(error)
        case LedgerError():
            return Refusal(str(error), error.field)
        case ValidationError():
            return _refusal_of_values(error)
        case _ if isinstance(error, known):
            return Refusal(str(error), getattr(error, "field", None))
        case _:
            return None


def _refusal_of_values(error: ValidationError) -> Refusal:
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    found = [
        Refusal(message, None if field == NON_FIELD_ERRORS else field)
        for field, messages in by_field.items()
        for message in messages
    ]
    return dataclasses.replace(found[0], further=tuple(found[1:]))


def _refusal_of_database(error: DatabaseError) -> Refusal | None:
    ours = refusal(error)
    if ours is not None:
        return Refusal(str(ours), ours.field)
    message = BY_SQLSTATE.get(getattr(error.__cause__, "sqlstate", None) or "")
    message = message or BY_NAME_IN_SQLITE.get(getattr(error.__cause__, "sqlite_errorname", None) or "")
    return Refusal(str(message)) if message else None


class RefusedForm(ModelForm[models.Model]):
    """A form that was valid, but whose content was refused: shown again, with the reason at its field."""

    refusal: Refusal

    def full_clean(self) -> None:
        """Add the reason to whatever else is wrong."""
        super().full_clean()
        if self.is_bound:
            for told in (self.refusal, *self.refusal.further):
                self.add_error(told.field if told.field in self.fields else None, told.message)
