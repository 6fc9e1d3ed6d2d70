"""The story that working copies were made for: what integrations wrote meanwhile is still there afterwards.

Source: seeds/working-copies-sv.txt. A local copy of the books is taken, suppliers' invoices drop in by an integration,
somebody works in the copy, and sends it back: there, those invoices would have been overwritten.
"""

from pathlib import Path

import pytest

from access.rights import effective_rights
from history.actors import Actor, acting
from history.models import Change
from ledger.models import SupplierInvoice, Voucher
from tests import factories
from tests.consumers import Consumer, register
from tests.integrators import Integrator
from tests.workcopies.copies import Copy, told

pytestmark = pytest.mark.django_db(transaction=True)

REGISTERS = ("suppliers", "supplier_invoices", "ledger_entries")


def send_invoice(portal: Integrator, number: str) -> None:
    """An invoice as the e-mail portal sends it on."""
    data = {
        "supplier": "2001",
        "invoice_number": number,
        "invoice_date": "2024-03-04",
        "currency": "SEK",
        "amount": "1250.00",
        "vat_amount": "250.00",
        "status": "received",
    }
    answer = portal.client.post("/api/v1/supplier-invoices?company=100", data, content_type="application/json")
    assert answer.status_code == 201, answer.content


def test_invoices_that_arrive_while_somebody_works_on_the_train_are_all_there(tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    factories.AccountFactory.create(company=books.company, number="2440", name="Leverantörsskulder")
    supplier = factories.SupplierFactory.create(company=books.company, number="2001", name="Papper AB")
    register_here = factories.SupplierInvoiceFactory.create(
        company=books.company, supplier=supplier, number="1", invoice_number="F1"
    )
    exopen = Consumer(factories.make_subscription(*REGISTERS, integration_id="EXOPEN"))
    subscription = factories.make_subscription("suppliers", integration_id="PORTAL")
    portal = Integrator(subscription)
    exopen.fetch_all()

    # Monday: a copy is taken along. On the server, three invoices arrive.
    copy = Copy(tmp_path / "train.utkorg", books.company)
    for number in ("F2", "F3", "F4"):
        send_invoice(portal, number)
    assert {line["origin"] for line in exopen.fetch_all()} == {subscription.application.name}

    # On the train: an invoice that had arrived before is posted and approved, another is registered from paper, and the
    # supplier moves.
    company = books.company
    posted = copy.post(company, [("3001", "1250.00"), ("2440", "-1250.00")], text="Papper AB F1")
    copy.run("update ledger_supplierinvoice set voucher_id = ?, status = 'approved' where number = '1'", [posted])
    copy.insert(
        "ledger_supplierinvoice",
        company_id=company.pk,
        number="P1",
        supplier_id=supplier.pk,
        invoice_number="F5",
        invoice_date="2024-03-05",
        amount="99.00",
        vat_amount="0.00",
        balance="99.00",
        status="registered",
    )
    copy.run("update ledger_supplier set city = 'Kiruna' where number = '2001'")

    # Home again: everything is there, nothing twice, nothing overwritten.
    report = copy.check_in()
    assert (report.conflicts, report.refused) == ([], [])
    assert told(report) == [
        ("changed", "suppliers", "2001"),
        ("created", "ledger_entries", "2024-01-01", "A", "1"),
        ("changed", "supplier_invoices", "1"),
        ("created", "supplier_invoices", "5"),
    ]
    invoices = SupplierInvoice.objects.filter(company=company)
    assert sorted(invoices.values_list("number", "invoice_number", "status")) == [
        ("1", "F1", "approved"),
        *((str(place), f"F{place}", "received") for place in (2, 3, 4)),
        ("5", "F5", "registered"),
    ]
    register_here.refresh_from_db()
    assert register_here.voucher == Voucher.objects.get(text="Papper AB F1")

    # And whoever subscribes has it all.
    exopen.fetch_all()
    for name in REGISTERS:
        assert exopen.of_type(name) == register(name)
    assert len(exopen.of_type("supplier_invoices")) == 5
    assert copy.check_in().landed == []
    assert exopen.fetch_all() == []


def test_what_a_program_checks_in_is_told_as_its_own(tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    exopen = Consumer(factories.make_subscription("ledger_entries", integration_id="EXOPEN"))
    key, _text = factories.make_key(company=books.company)
    copy = Copy(tmp_path / "program.utkorg", books.company)
    copy.post(books.company, [("1910", "1.00"), ("3001", "-1.00")])
    copy.run("update ledger_company set name = 'Renamed' where number = '100'")
    with acting(Actor(user_id=key.owner_id, user_name=key.owner.username, key_name=key.name, via="api")):
        report = copy.check_in(rights=effective_rights(key), key=key)
    assert report.is_complete
    assert [line["origin"] for line in exopen.fetch_all()] == [key.application.name] * 2
    noted = Change.objects.get(subject="ledger.company", object_id=books.company.pk, kind="changed")
    assert (noted.key_name, noted.changes["name"][1]) == (key.name, "Renamed")
