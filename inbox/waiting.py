"""Which invoices wait for a person: to be entered, registered or posted."""

from django.db.models import Q

from inbox.models import IncomingInvoice
from ledger.models import SupplierInvoice

State = IncomingInvoice.State
Status = SupplierInvoice.Status


def entered(*statuses: str) -> Q:
    """The condition of invoices in the register that have got so far."""
    return Q(state=State.ENTERED, supplier_invoice__status__in=statuses)


# One whose row was deleted in the register waits to be entered anew.
TO_ENTER = Q(state=State.TO_ENTER) | Q(state=State.ENTERED, supplier_invoice=None)
WAITING = TO_ENTER | entered(Status.RECEIVED, Status.REGISTERED)
