"""The story that working copies were made for, by e-mail: suppliers send while somebody works on the train.

Source: seeds/working-copies-sv.txt. The invoices drop in by themselves; in the end all of them are there.
"""

from pathlib import Path

import pytest

from inbox import addresses, worker
from inbox.models import IncomingInvoice, Mail
from ledger.models import SupplierInvoice, Voucher
from revisions import fan_out
from tests import factories
from tests.consumers import Consumer, register
from tests.inbox.receiving_server import running
from tests.inbox.sending import invoice_xml, message
from tests.integrators import Integrator
from tests.workcopies.copies import Copy, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_invoices_that_drop_in_by_mail_while_a_copy_is_out_are_all_there(tmp_path: Path) -> None:
    books = factories.make_books(number="100")
    company = books.company
    factories.AccountFactory.create(company=company, number="2440", name="Leverantörsskulder")
    supplier = factories.SupplierFactory.create(
        company=company, number="2001", name="Papper AB", organisation_number="556036-0793", bankgiro="5050-1055"
    )
    factories.SupplierInvoiceFactory.create(company=company, supplier=supplier, number="1", invoice_number="F1")
    subscription = factories.make_subscription("suppliers", "supplier_invoices", "ledger_entries")
    exopen = Consumer(subscription)
    address = addresses.current(addresses.switch_on(company=company))
    exopen.fetch_all()

    # Monday: a copy is taken along. Meanwhile three invoices come by mail: two of a supplier that is known, of which
    # one is also in the next message again, and one of somebody new.
    copy = Copy(tmp_path / "train.utkorg", company)
    sent = [
        message(("faktura.xml", invoice_xml("F2"))),
        message(("faktura.xml", invoice_xml("F3")), ("kopia.xml", invoice_xml("F2"))),
        message(
            ("faktura.xml", invoice_xml("77", organisation="5566778899", name="Nya Pennor AB", bankgiro="111-1111"))
        ),
    ]
    with running() as server, server.client() as client:
        for content in sent:
            assert client.sendmail("faktura@papper.example", [str(address)], content) == {}

    # On the train: what had come before is posted and approved, another invoice is registered from paper, and the
    # supplier moves.
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
    for mail in Mail.objects.order_by("pk"):
        worker.run(mail_id=mail.pk)

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
    assert sorted(invoices.values_list("number", "invoice_number", "status", "supplier__number")) == [
        ("1", "F1", "approved", "2001"),
        ("2", "F2", "received", "2001"),
        ("3", "F3", "received", "2001"),
        ("4", "77", "received", None),
        ("5", "F5", "registered", "2001"),
    ]
    assert invoices.get(number="1").voucher == Voucher.objects.get(text="Papper AB F1")
    (copy_of_second,) = IncomingInvoice.objects.filter(state=IncomingInvoice.State.DUPLICATE)
    assert (copy_of_second.repeats, copy_of_second.repeated_by) == (invoices.get(number="2"), "content")

    # And whoever subscribes has it all, over REST as well: without a supplier where nobody has said whose it is.
    fan_out.drain()
    lines = Integrator(subscription).fetch_all()
    by_number = {line["key"]["number"]: line for line in lines if line["information_type"] == "supplier_invoices"}
    assert (by_number["4"]["data"]["supplier"], by_number["4"]["origin"]) == (None, None)
    assert {name: line["data"] for name, line in by_number.items()} == {
        line["number"]: line for line in register("supplier_invoices").values()
    }
