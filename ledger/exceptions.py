"""What the ledger refuses, with stable codes; the database's own refusals are recognised by their SQLSTATE."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from information_types.registry import types_of
from ledger import triggers

if TYPE_CHECKING:
    from ledger.models import SupplierInvoice, Voucher


class LedgerError(Exception):
    """The ledger refuses; `field` names what of the input is wrong, where that is one field."""

    code = "invalid"
    field: str | None = None
    message: str | Promise = _("The ledger refuses this.")

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None) -> None:
        super().__init__(message or self.message)
        self.field = field or self.field
        self.members: dict[str, Any] = {}

    def __str__(self) -> str:
        return str(self.args[0])


class Unbalanced(LedgerError):
    """A voucher's rows don't sum to zero; told by how much where that is known."""

    code = "unbalanced"
    field = "rows"
    message = _("The voucher does not sum to zero: debit and credit must be the same.")

    def __init__(self, message: str | Promise | None = None, *, difference: Decimal | None = None) -> None:
        if difference is not None:
            message = _("The voucher does not sum to zero: debit less credit is %(difference)s.") % {
                "difference": difference
            }
        super().__init__(message)


class BrokenAmount(LedgerError):
    """An amount that can't be stored as it is."""

    field = "rows"
    message = _("An amount has at most 16 digits and two decimals.")


class BrokenQuantity(LedgerError):
    """A quantity that can't be stored as it is."""

    field = "rows"
    message = _("A quantity has at most 14 digits and four decimals.")


class BrokenText(LedgerError):
    """A text that can't be stored as it is."""


class UnknownRow(LedgerError):
    """A row that was to be changed isn't the voucher's."""

    code = "unknown_row"
    field = "rows"

    def __init__(self, row: int) -> None:
        super().__init__(_("The voucher has no row %(row)s.") % {"row": row})
        self.row = row


class AlreadyReversed(LedgerError):
    """A voucher is reversed once; `reversal` is the one that did it."""

    code = "already_reversed"

    def __init__(self, reversal: "Voucher") -> None:
        super().__init__(_("The voucher is reversed already, by %(voucher)s.") % {"voucher": reversal})
        self.reversal = reversal


class DuplicateInvoice(LedgerError):
    """The supplier's invoice of that number is there already: `existing`."""

    code = "duplicate_invoice"
    field = "invoice_number"

    def __init__(self, existing: "SupplierInvoice") -> None:
        super().__init__(
            _("Invoice %(invoice_number)s of the supplier is there already, as number %(number)s.")
            % {"invoice_number": existing.invoice_number, "number": existing.number}
        )
        self.existing = existing


class Posted(LedgerError):
    """An invoice whose voucher is in force stays, and keeps it: else the same invoice could be posted once more."""

    code = "posted"

    def __init__(self, invoice: "SupplierInvoice", voucher: "Voucher") -> None:
        super().__init__(
            _(
                "Supplier invoice %(number)s is posted by voucher %(voucher)s, and could be booked twice without it. "
                "Take its approval back at the incoming invoice, or reverse the voucher, first."
            )
            % {"number": invoice.number, "voucher": voucher}
        )
        self.voucher = voucher


class PeriodLocked(LedgerError):
    """The voucher's period is locked."""

    code = "period_locked"
    field = "voucher_date"
    message = _("The period is locked. Choose another date, or unlock the period in the financial year.")


class OutsideYear(LedgerError):
    """The date lies in no financial year, or outside the voucher's."""

    code = "outside_financial_year"
    field = "voucher_date"
    message = _("The date is in no financial year of the company. Open the year first, or choose another date.")


class ForeignCompany(LedgerError):
    """Something referred to is another company's."""

    code = "foreign_company"
    message = _("An account, dimension or document is of another company.")


class NaturalKeyChanged(LedgerError):
    """A field that names the row to integrations was to change."""

    code = "natural_key_changed"
    message = _("What names a row to integrations never changes. Delete the row and create another.")


class YearsOverlap(LedgerError):
    """Two financial years of a company would share days."""

    code = "years_overlap"
    field = "first_day"
    message = _("The financial year overlaps another year of the company.")


class AlreadyExists(LedgerError):
    """A row of this natural key is there already."""

    code = "already_exists"
    message = _("There is one of this key already. Change that one, or choose another key.")


class InUse(LedgerError):
    """A row can't be deleted, for others refer to it; `used_by` tells which models' rows, and how many of each."""

    code = "in_use"

    def __init__(self, used_by: Mapping[type[Model], int], *, most_counted: int) -> None:
        self.used_by = used_by
        uses = [_use(model, count, is_more=count >= most_counted) for model, count in used_by.items()]
        super().__init__(gettext("It is in use and stays: %(uses)s.") % {"uses": ", ".join(uses)})
        self.members["used_by"] = [{"register": _name(model), "rows": count} for model, count in used_by.items()]


def _name(model: type[Model]) -> str:
    """What integrations call the model's rows."""
    types = types_of(model)
    return types[0].name if types else str(model._meta.model_name)


def _use(model: type[Model], count: int, *, is_more: bool) -> str:
    name = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
    return f"{count}{'+' if is_more else ''} {name}"


_BY_SQLSTATE: dict[str, type[LedgerError]] = {
    triggers.UNBALANCED: Unbalanced,
    triggers.PERIOD_LOCKED: PeriodLocked,
    triggers.OUTSIDE_YEAR: OutsideYear,
    triggers.FOREIGN_COMPANY: ForeignCompany,
    triggers.NATURAL_KEY_CHANGED: NaturalKeyChanged,
    triggers.YEARS_OVERLAP: YearsOverlap,
}


def refusal(error: DatabaseError) -> LedgerError | None:
    """The ledger's own refusal behind a database error, or None when it is something else."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    known = _BY_SQLSTATE.get(sqlstate or "")
    return known() if known else None
