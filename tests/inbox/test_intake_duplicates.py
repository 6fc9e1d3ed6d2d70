"""The same invoice again, however it comes: kept, linked, and never a second row."""

from typing import Any

import pytest

from inbox import documents, entering, freeing, handling, tasks
from inbox.exceptions import AlreadyHandled, DocumentRefused
from inbox.models import IncomingInvoice, Mail
from ledger.exceptions import DuplicateInvoice
from ledger.models import Company, Supplier, SupplierInvoice
from ledger.services.invoices import change_invoice, delete_invoice
from tests.factories import CompanyFactory, SupplierFactory
from tests.inbox.sending import PAPPER, invoice_xml, message, receive, send

pytestmark = pytest.mark.django_db

State = IncomingInvoice.State
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF"""


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


@pytest.fixture
def supplier(company: Company) -> Supplier:
    return SupplierFactory.create(company=company, organisation_number=PAPPER, bankgiro="5050-1055")


def entered(company: Company, **invoice: Any) -> tuple[IncomingInvoice, SupplierInvoice]:
    (incoming,) = send(company, ("a.xml", invoice_xml(**invoice)))
    assert incoming.supplier_invoice
    return incoming, incoming.supplier_invoice


def hand_in(company: Company, content: bytes, *, may_wait: bool = False) -> IncomingInvoice:
    read = documents.read(content=content, file_name="a.xml")
    return documents.take_in(company=company, content=content, message=read, may_wait=may_wait)


@pytest.mark.parametrize("again", ["F17", "f 17"])
def test_the_supplier_s_number_again_is_linked(again: str, company: Company, supplier: Supplier) -> None:
    first, row = entered(company, number="F 17")
    (second,) = send(company, ("b.xml", invoice_xml(again, name="Papper AB")))
    assert (second.state, second.supplier_invoice, second.duplicate_of) == (State.DUPLICATE, None, first)
    assert (second.repeats, second.repeated_by) == (row, "number")
    assert SupplierInvoice.objects.get().supplier == supplier


def test_what_was_registered_by_hand_is_repeated_too(company: Company, supplier: Supplier) -> None:
    row = SupplierInvoice.objects.create(
        company=company, number="1", supplier=supplier, invoice_number="17", invoice_date="2026-11-20", amount=1250
    )
    (incoming,) = send(company, ("a.xml", invoice_xml("17")))
    assert (incoming.state, incoming.repeats, incoming.duplicate_of) == (State.DUPLICATE, row, None)


def test_an_unknown_supplier_s_number_again_is_linked_by_the_seller_s_numbers(company: Company) -> None:
    first, row = entered(company, number="17")
    (second,) = send(company, ("b.xml", invoice_xml("17", name="Papper AB", bankgiro="")))
    assert (second.state, second.duplicate_of, second.repeats) == (State.DUPLICATE, first, row)
    entered(company, number="17", organisation="5566778899")


def test_it_is_linked_once_the_supplier_is_in_the_register_as_well(company: Company) -> None:
    first, _row = entered(company, number="17")
    SupplierFactory.create(company=company, organisation_number=PAPPER)
    (second,) = send(company, ("b.xml", invoice_xml("17", name="Papper AB")))
    assert second.duplicate_of == first


def test_a_credit_note_of_the_invoice_s_number_is_no_duplicate(company: Company, supplier: Supplier) -> None:
    entered(company, number="17")
    entered(company, number="17", is_credit=True)
    assert SupplierInvoice.objects.count() == 2


def test_the_same_message_again_is_linked_as_well(company: Company) -> None:
    content = message(("a.xml", invoice_xml()))
    first, second = receive(content, company), receive(content, company)
    assert second.duplicate_of == first
    assert [one.repeated_by for one in second.invoices.all()] == ["content"]
    assert receive(content, CompanyFactory.create()).duplicate_of is None


def test_a_document_without_data_is_known_by_its_bytes(company: Company) -> None:
    (first,) = send(company, ("faktura.pdf", PDF))
    assert (first.state, first.content, first.format) == (State.TO_ENTER, None, "pdf")
    (second,) = send(company, ("kopia.pdf", PDF))
    assert (second.state, second.duplicate_of, second.repeated_by) == (State.DUPLICATE, first, "content")


def test_after_a_rejected_invoice_the_corrected_one_has_its_row_and_it_is_told(
    company: Company, supplier: Supplier
) -> None:
    _first, row = entered(company, number="17")
    change_invoice(row=row, values={"status": "rejected"})
    second, _row = entered(company, number="17", net="900.00")
    assert "repeats_rejected" in [finding["rule"] for finding in second.findings]


def test_the_same_amount_under_another_number_is_noted(company: Company, supplier: Supplier) -> None:
    entered(company, number="17")
    second, _row = entered(company, number="18", date="2026-12-01")
    (told,) = [finding for finding in second.findings if finding["rule"] == "similar_invoice"]
    assert told["severity"] == "note"
    third, _row = entered(company, number="19", date="2027-03-01")
    assert "similar_invoice" not in [finding["rule"] for finding in third.findings]


def test_a_person_may_say_that_it_is_no_duplicate(company: Company, supplier: Supplier) -> None:
    entered(company, number="17")
    (second,) = send(company, ("b.xml", invoice_xml("17", name="Papper AB")))
    entering.not_a_duplicate(incoming=second)
    second.refresh_from_db()
    assert (second.state, second.is_original, second.duplicate_of, second.repeats) == (State.ENTERED, True, None, None)
    assert second.supplier_invoice
    assert entering.choose_supplier(incoming=second, supplier=supplier).supplier == supplier
    with pytest.raises(AlreadyHandled):
        entering.not_a_duplicate(incoming=second)


def test_choosing_the_supplier_looks_for_duplicates_again(company: Company) -> None:
    supplier = SupplierFactory.create(company=company)
    _first, row = entered(company, number="17")
    by_hand = SupplierInvoice.objects.create(
        company=company, number="900", supplier=supplier, invoice_number="17", invoice_date="2026-11-20", amount=1250
    )
    with pytest.raises(DuplicateInvoice) as refused:
        entering.choose_supplier(incoming=row.incoming, supplier=supplier)
    assert refused.value.existing == by_hand
    marked = entering.mark_duplicate(incoming=row.incoming, repeats=by_hand)
    assert (marked.state, marked.repeats, marked.supplier_invoice) == (State.DUPLICATE, by_hand, None)
    assert list(SupplierInvoice.objects.all()) == [by_hand]


def test_over_rest_it_is_refused_and_nothing_is_kept(company: Company, supplier: Supplier) -> None:
    row = hand_in(company, invoice_xml("17")).supplier_invoice
    assert row
    assert (row.supplier, row.status) == (supplier, "received")
    for again in (invoice_xml("17"), invoice_xml("17", name="Papper AB")):
        with pytest.raises(DuplicateInvoice) as refused:
            hand_in(company, again)
        assert refused.value.existing == row
    assert (Mail.objects.count(), IncomingInvoice.objects.count()) == (1, 1)
    with pytest.raises(DocumentRefused) as misfit:
        hand_in(company, invoice_xml(date=""))
    assert misfit.value.code == "does_not_fit"
    assert [finding.path for finding in misfit.value.findings] == ["issue_date"]


def test_what_a_person_uploads_may_wait(company: Company) -> None:
    assert hand_in(company, invoice_xml(date=""), may_wait=True).state == State.TO_ENTER
    hand_in(company, invoice_xml("17"))
    assert hand_in(company, invoice_xml("17"), may_wait=True).state == State.DUPLICATE


def test_what_repeated_an_invoice_that_is_rejected_waits_in_its_place(company: Company, supplier: Supplier) -> None:
    forged, row = entered(company, number="F17", net="9000.00", bankgiro="991-2346")
    (same,) = send(company, ("a.xml", invoice_xml("F17", net="9000.00", bankgiro="991-2346")))
    (real,) = send(company, ("a.xml", invoice_xml("F17")))
    assert (same.state, real.state, real.duplicate_of) == (State.DUPLICATE, State.DUPLICATE, forged)
    handling.reject(incoming=forged, reason="Forged", letter=None, seen=handling.mark_of(forged))
    same.refresh_from_db()
    real.refresh_from_db()
    assert (same.state, real.state, real.duplicate_of) == (State.DUPLICATE, State.ENTERED, None)
    assert real.supplier_invoice
    assert real.supplier_invoice.supplier == supplier
    assert real.supplier_invoice.amount == 1250
    forged = IncomingInvoice.objects.get(pk=forged.pk)
    with pytest.raises(DuplicateInvoice) as refused:
        handling.take_back(incoming=forged, seen=handling.mark_of(forged))
    assert refused.value.existing == real.supplier_invoice
    row.refresh_from_db()
    assert row.status == "rejected"


def test_what_repeated_an_invoice_that_is_cancelled_in_the_register_waits_in_its_place(
    company: Company, supplier: Supplier
) -> None:
    _wrong, row = entered(company, number="F17", net="9000.00")
    send(company, ("a.xml", invoice_xml("F17", net="9000.00")))
    for net in ("1000.00", "1100.00"):
        send(company, ("a.xml", invoice_xml("F17", net=net)))
    tasks.free_duplicates()
    assert SupplierInvoice.objects.count() == 1
    change_invoice(row=row, values={"status": "cancelled"})
    tasks.free_duplicates()
    _first, same, real, another = IncomingInvoice.objects.order_by("pk")
    assert (same.state, real.state, real.duplicate_of, real.repeats) == (State.DUPLICATE, State.ENTERED, None, None)
    assert real.supplier_invoice
    assert real.supplier_invoice.status == "received"
    assert real.supplier_invoice.amount == 1250
    assert (another.state, another.duplicate_of, another.repeats) == (State.DUPLICATE, real, real.supplier_invoice)
    assert freeing.left_behind() == []


def test_what_repeated_an_invoice_that_is_deleted_in_the_register_waits_in_its_place(
    company: Company, supplier: Supplier
) -> None:
    by_hand = SupplierInvoice.objects.create(
        company=company, number="1", supplier=supplier, invoice_number="17", invoice_date="2026-11-20", amount=1250
    )
    (incoming,) = send(company, ("a.xml", invoice_xml("17")))
    delete_invoice(row=by_hand)
    tasks.free_duplicates()
    incoming.refresh_from_db()
    assert incoming.state == State.ENTERED
    # One that came by mail is to be entered anew itself.
    send(company, ("b.xml", invoice_xml("17", name="Papper AB")))
    assert incoming.supplier_invoice
    delete_invoice(row=incoming.supplier_invoice)
    assert freeing.left_behind() == []
