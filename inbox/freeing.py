"""Duplicates of what counts no more: they wait in its place, for one of them may be the right invoice.

Whoever rejects an invoice at the desk frees them at once. Of what is cancelled, rejected or deleted in the register,
which knows nothing of what came by mail, beat does.
"""

from django.db import transaction
from django.db.models import Q, QuerySet

from history.actors import Actor, acting
from history.models import ChangeKind
from history.services import note_event
from inbox import entering
from inbox.duplicates import CONTENT
from inbox.models import IncomingInvoice
from ledger.services.repeats import WITHOUT_EFFECT

State = IncomingInvoice.State
AT_ONCE = 200
ACTOR = Actor(via="mail")

# One of the register is known, or it wasn't there yet when the duplicate came, or it never came by mail and is deleted.
# Where one that came by mail was deleted, that is to be entered anew itself.
COUNTS_NO_MORE = (
    Q(repeats__status__in=WITHOUT_EFFECT)
    | Q(repeats=None, duplicate_of__supplier_invoice__status__in=WITHOUT_EFFECT)
    | Q(repeats=None, duplicate_of=None)
)


def left_behind() -> list[int]:
    """Duplicates that nobody sees any more, the oldest first, some at once."""
    return list(_left_behind().order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def free(*, incoming_id: int) -> IncomingInvoice | None:
    """Let one land again; None where it is none of them any more."""
    with acting(ACTOR), transaction.atomic():
        entering.lock(IncomingInvoice.objects.select_related("company").get(pk=incoming_id).company)
        rows = _left_behind().select_for_update(no_key=True, of=("self",))
        incoming = rows.select_related("company", "mail", "document").filter(pk=incoming_id).first()
        if incoming is None:
            return None
        if entering.land_again(incoming) is None:
            details = {"state": [State.DUPLICATE, incoming.state]}
            note_event(kind=ChangeKind.CHANGED, subject=incoming, company=incoming.company, details=details)
    return incoming


def _left_behind() -> "QuerySet[IncomingInvoice]":
    return IncomingInvoice.objects.filter(COUNTS_NO_MORE, state=State.DUPLICATE).exclude(repeated_by=CONTENT)
