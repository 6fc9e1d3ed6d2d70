"""Why a document can't land, in words that a person understands."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import LedgerError, refusal
from workcopies.exceptions import WorkingCopyError

REFUSALS = (LedgerError, ValidationError, WorkingCopyError, IntegrityError, DataError)
BY_SQLSTATE: dict[str, tuple[str, str | Promise]] = {
    "23505": ("already_exists", _("Another row with these values exists already.")),
    "23503": ("in_use", _("Something that it refers to is gone, or something refers to it.")),
}


class Refused(WorkingCopyError):
    """A document can't land; the services say nothing of this."""

    def __init__(self, message: str | Promise, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Write a document as a whole, as if the transaction ended with it: what is only looked at then is looked at now.

    What is refused is undone, and raised.
    """
    with transaction.atomic():
        yield
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate; set constraints all deferred")


def reason_of(error: Exception, model: type[Model]) -> tuple[str, str]:
    """The stable code and the reason of one of the `REFUSALS`."""
    match error:
        case LedgerError() | WorkingCopyError():
            return error.code, str(error)
        case ValidationError():
            return "invalid", " ".join(_told(error, model))
        case DatabaseError() if (known := refusal(error)) is not None:
            return known.code, str(known)
        case _:
            state = getattr(error.__cause__, "sqlstate", None) or ""
            code, text = BY_SQLSTATE.get(state, ("invalid", _("The database refuses these values.")))
            return code, str(text)


def _told(error: ValidationError, model: type[Model]) -> Iterator[str]:
    for name, errors in error.update_error_dict({}).items():
        label = "" if name == NON_FIELD_ERRORS else f"{_label(model, name)}: "
        yield from (f"{label}{message}" for one in errors for message in one.messages)


def _label(model: type[Model], name: str) -> str:
    try:
        return capfirst(str(getattr(model._meta.get_field(name), "verbose_name", name)))
    except FieldDoesNotExist:
        return name
