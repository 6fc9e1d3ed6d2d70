"""Between the mail server's 250 and the row in the register: whatever dies, nothing is lost, and nothing is twice."""

import json
import smtplib
import socket
import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.conf import settings

from inbox import addresses, documents, receiving, worker
from inbox.models import IncomingInvoice, Mail
from ledger.exceptions import DuplicateInvoice
from ledger.models import Company, SupplierInvoice
from ledger.services.supplier_invoices import InvoiceContent, register_supplier_invoice
from tests import factories
from tests.concurrency.installation import Installation
from tests.concurrency.test_deaths import kill_all
from tests.connections import Together, wait_until
from tests.consumers import Consumer, register
from tests.inbox.invoices import content, known
from tests.inbox.sending import PAPPER, invoice_xml, message

pytestmark = pytest.mark.django_db(transaction=True)

# Each step of a message's way, by the function at whose beginning the worker dies; the last, once all is committed.
STEPS = (
    "worker._take",
    "storage.content_of",
    "reading.read_message",
    "landing.keep_files",
    "landing.land",
    "entering.lock",
    "entering.land",
    "entering.register",
    "landing.finish",
    "telling.tell_landed",
    "",
)
# One program for all of them: each dies in a process of its own that the program has forked off.
WORK_AND_DIE = """
import json, os, signal
from inbox import entering, landing, reading, storage, telling, worker

def die(*_arguments, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

for step, mail_id in {steps}:
    child = os.fork()
    if child == 0:
        module, _, name = step.partition(".")
        if name:
            setattr(globals()[module], name, die)
        worker.run(mail_id=mail_id)
        die()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def store(company: Company, xml: bytes) -> Mail:
    """Take a message in as the mail server does, before it says 250."""
    return receiving.receive(content=message(("faktura.xml", xml)), company=company, source=Mail.Source.SMTP)


def test_a_worker_that_dies_at_any_step_leaves_each_invoice_once(books: factories.Books, consumer: Consumer) -> None:
    mails = [store(books.company, invoice_xml(str(place))) for place, _step in enumerate(STEPS)]
    steps = json.dumps([(step, mail.pk) for step, mail in zip(STEPS, mails, strict=True)])
    with Installation(UTKORG_MAIL_FOLDER=settings.UTKORG_MAIL_FOLDER) as installation:
        died = installation.script(WORK_AND_DIE.format(steps=steps)).communicate(timeout=240)[0].split()
    assert died == ["-9"] * len(STEPS)
    # Only what was done to the end is there, and that whole.
    assert [invoice.mail for invoice in IncomingInvoice.objects.all()] == mails[-1:]
    assert Mail.objects.filter(status=Mail.Status.READING).count() == len(STEPS) - 1
    assert set(worker.overdue()) == {mail.pk for mail in mails[:-1]}
    for mail_id in (*worker.overdue(), mails[-1].pk):
        worker.run(mail_id=mail_id)
    assert set(Mail.objects.values_list("status", flat=True)) == {Mail.Status.READ}
    rows = SupplierInvoice.objects.filter(company=books.company)
    assert sorted(rows.values_list("invoice_number", flat=True)) == sorted(str(place) for place, _ in enumerate(STEPS))
    lines = [line for line in consumer.fetch_all() if line["information_type"] == "supplier_invoices"]
    assert [line["operation"] for line in lines] == ["created"] * len(STEPS)
    assert {line["data"]["supplier"] for line in lines} == {None}
    assert {line["origin"] for line in lines} == {None}
    assert consumer.of_type("supplier_invoices") == register("supplier_invoices")


@pytest.mark.serial
def test_the_collection_arrives_by_mail_while_workers_are_killed() -> None:
    told = known()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    recipients = {}
    for one in told:
        company = factories.CompanyFactory.create()
        recipients[one.file] = company, str(addresses.current(addresses.switch_on(company=company)))
    folder = settings.UTKORG_MAIL_FOLDER
    with Installation(UTKORG_MAIL_FOLDER=folder, SMTP_PORT=str(port)) as installation:
        installation.start("mail")
        installation.start("beat")
        installation.start("worker")
        first = installation.start("reader")
        wait_until(lambda: _answers(port), seconds=60)
        with smtplib.SMTP("127.0.0.1", port) as client:
            for one in told:
                mail = message((one.file, content(one.file)), Subject=one.file)
                client.sendmail("faktura@papper.example", [recipients[one.file][1]], mail)
                if Mail.objects.filter(status=Mail.Status.READ).count() == 2:
                    kill_all(first)
        assert Mail.objects.count() == len(told)
        second = installation.start("reader")
        wait_until(lambda: Mail.objects.filter(status=Mail.Status.READ).count() > len(told) // 2, seconds=120)
        kill_all(second)
        installation.start("reader")
        wait_until(lambda: not Mail.objects.filter(status__in=Mail.UNFINISHED).exists(), seconds=120)
    assert [(mail.subject, mail.reason) for mail in Mail.objects.exclude(status=Mail.Status.READ)] == []
    for one in told:
        row = SupplierInvoice.objects.get(company=recipients[one.file][0])
        amount = -one.payable if one.kind == "CreditNote" else one.payable
        assert (row.amount, row.currency, row.status) == (amount, one.currency, "received"), one.file
        assert row.supplier is None


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def at_once(together: Together, *works: Callable[[], object]) -> list[object]:
    """Do all at the same moment."""
    gate = threading.Barrier(len(works))

    def work(one: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return one()
        except DuplicateInvoice as error:
            return error.code

    return [started.result(60) for started in [together.start(work, one) for one in works]]


@pytest.mark.parametrize("is_known", [True, False], ids=["a known supplier", "an unknown supplier"])
def test_the_same_invoice_at_once_is_one_row(is_known: bool, together: Together) -> None:
    company = factories.CompanyFactory.create()
    if is_known:
        factories.SupplierFactory.create(company=company, organisation_number=PAPPER)
    for number in ("1", "2", "3"):
        mails = [store(company, invoice_xml(number, name=name)) for name in ("Papper AB", "Papper & Penna AB")]
        xml = invoice_xml(number, name="Pappersaktiebolaget")
        read = documents.read(content=xml)

        def hand_in(xml: bytes = xml, read: object = read) -> object:
            return documents.take_in(company=company, content=xml, message=read)  # type: ignore[arg-type]

        works = [lambda mail=mail: worker.run(mail_id=mail.pk) for mail in mails for _again in range(2)]
        answers = at_once(together, *works, hand_in)
        rows = SupplierInvoice.objects.filter(company=company, invoice_number=number)
        assert rows.count() == 1
        row = rows.get()
        came = IncomingInvoice.objects.filter(company=company, invoice_number=number)
        assert came.filter(state=IncomingInvoice.State.ENTERED).get() == row.incoming
        repeated = came.filter(state=IncomingInvoice.State.DUPLICATE)
        assert {incoming.repeats for incoming in repeated} == {row}
        assert came.count() == (2 if "duplicate_invoice" in answers else 3)
    assert Mail.objects.filter(status__in=Mail.UNFINISHED).count() == 0
    assert SupplierInvoice.objects.filter(amount=Decimal(1250)).count() == 3


def test_an_invoice_by_mail_and_registered_at_the_same_moment_is_one_row(together: Together) -> None:
    company = factories.CompanyFactory.create()
    supplier = factories.SupplierFactory.create(company=company, organisation_number=PAPPER)
    for number in ("1", "2", "3"):
        mail = store(company, invoice_xml(number))
        told = InvoiceContent(
            invoice_number=number, invoice_date=date(2026, 11, 20), amount=Decimal(1250), currency="SEK"
        )
        _read, answer = at_once(
            together,
            partial(worker.run, mail_id=mail.pk),
            partial(register_supplier_invoice, supplier=supplier, content=told),
        )
        row = SupplierInvoice.objects.get(company=company, invoice_number=number)
        incoming = IncomingInvoice.objects.get(mail=mail)
        if answer == "duplicate_invoice":
            assert incoming.supplier_invoice == row
        else:
            assert (incoming.state, incoming.repeats) == (IncomingInvoice.State.DUPLICATE, row)
