"""Broken, hostile and enormous messages on their whole way: none stops a worker, each ends where a person sees why.

Each kind of refusal once: what their reading comes to is proved of all of them in `test_reading_hostile.py`.
"""

import pytest

from inbox import quarantine, reasons, worker
from inbox.models import IncomingInvoice, Mail
from ledger.models import SupplierInvoice
from tests.factories import CompanyFactory
from tests.inbox.hostile_messages import HOSTILE, Hostile
from tests.inbox.sending import receive

pytestmark = pytest.mark.django_db

Status = Mail.Status


def of_each_kind() -> list[Hostile]:
    """The first message of each kind of end that doesn't take a whole reading's time or memory."""
    kinds = {hostile.ends: hostile for hostile in reversed(HOSTILE.values())}
    return [one for ends, one in kinds.items() if ends and not any(end.startswith("reading_died") for end in ends)]


def test_what_means_no_good_is_in_quarantine_with_its_reason_or_waits_for_a_person() -> None:
    company = CompanyFactory.create()
    chosen = of_each_kind()
    assert len(chosen) > 10
    for hostile in chosen:
        mail = receive(hostile.make(), company)
        if mail.status == Status.QUARANTINED:
            assert mail.reason
            assert mail.reason["code"] not in reasons.told(mail.reason), hostile.name
            assert not mail.invoices.exists()
            quarantine.release(mail=mail)
            worker.run(mail_id=mail.pk)
            mail.refresh_from_db()
            assert not SupplierInvoice.objects.filter(incoming__mail=mail).exists(), hostile.name
        assert mail.status == Status.READ, hostile.name
        assert mail.invoices.exists(), hostile.name
    assert not IncomingInvoice.objects.filter(supplier_invoice=None, state=IncomingInvoice.State.ENTERED).exists()
