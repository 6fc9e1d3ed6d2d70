"""Supplier invoices handed in over REST as the supplier's own documents."""

from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from pytest_django import Settings
from rest_framework.request import Request

from access.http.journaling import keep_body
from inbox import storage
from inbox.models import IncomingInvoice, Mail, Portal
from ledger.models import Company, SupplierInvoice
from ledger.services.invoices import delete_invoice
from registers.api.documents import DOCUMENT_PARSERS
from revisions import fan_out
from tests import factories
from tests.access.probe import problem
from tests.full_disk import no_room
from tests.inbox.invoices import SHIPPED
from tests.inbox.scanner import EICAR, scanner
from tests.integrators import Integrator, body
from tests.registers.reader import errors_of
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db

ADDRESS = "supplier-invoices"
DOCUMENT = (SHIPPED / "ehf3-norway.xml").read_bytes()
OTHER = (SHIPPED / "denmark-purchase.xml").read_bytes()


@pytest.fixture(autouse=True)
def unthrottled(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def company() -> Company:
    return factories.CompanyFactory.create(number="100")


@pytest.fixture
def writer(company: Company) -> Writer:
    return Writer()


def send(
    writer: Writer, content: bytes = DOCUMENT, *, company: str = "100", kind: str = "application/xml", **headers: str
) -> Any:
    address = f"/api/v1/{ADDRESS}" + (f"?company={company}" if company else "")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return writer.client.generic("POST", address, data=content, content_type=kind, headers=named)


def test_a_document_becomes_a_row_and_is_kept_byte_for_byte(writer: Writer, company: Company) -> None:
    fan_out.drain()
    ears = Integrator(factories.make_subscription("supplier_invoices"))
    answer = send(writer)
    row = body(answer, 201)
    assert (row["invoice_number"], row["currency"], row["amount"], row["vat_amount"], row["status"]) == (
        "TOSL108",
        "NOK",
        "802.00",
        "365.28",
        "received",
    )
    assert (row["supplier"], row["voucher"]) == (None, None)
    assert answer["Location"].endswith(f"/api/v1/supplier-invoices/100/{row['number']}")
    assert body(writer.follow_to(answer["Location"])) == row
    assert writer.follow_to(answer["Location"])["ETag"] == answer["ETag"]
    mail = Mail.objects.get()
    assert (mail.source, mail.company, mail.status) == (Mail.Source.API, company, Mail.Status.READ)
    assert storage.content_of(mail.digest) == DOCUMENT
    assert mail.uid in [envelope.uid for envelope in storage.envelopes()]
    incoming = IncomingInvoice.objects.get()
    assert (incoming.mail, incoming.supplier_invoice) == (mail, SupplierInvoice.objects.get())
    assert not Portal.objects.exists()
    fan_out.drain()
    (heard,) = ears.fetch_all()
    assert heard["data"] == row


def test_the_supplier_that_is_known_is_the_rows(writer: Writer, company: Company) -> None:
    factories.SupplierFactory.create(company=company, number="2001", organisation_number="123456785")
    assert body(send(writer, kind="text/xml; charset=utf-8"), 201)["supplier"] == "2001"


def test_the_same_again_is_refused_and_told_where(writer: Writer) -> None:
    first = send(writer)
    again = problem(send(writer), 409, "duplicate_invoice")
    assert again["location"] == first["Location"]
    changed = problem(
        send(writer, DOCUMENT.replace(b"</Invoice>", b"<!-- again --></Invoice>")), 409, "duplicate_invoice"
    )
    assert changed["location"] == first["Location"]
    assert (SupplierInvoice.objects.count(), Mail.objects.count()) == (1, 1)


def test_without_room_for_the_original_nothing_is_registered(writer: Writer) -> None:
    with no_room():
        told = problem(send(writer), 507, "disk_full")
    assert "Nothing was registered" in told["detail"]
    assert not SupplierInvoice.objects.exists()
    assert not Mail.objects.exists()
    body(send(writer), 201)


def test_the_same_key_of_idempotency_gives_the_same_answer(writer: Writer) -> None:
    first = send(writer, Idempotency_Key="one")
    again = send(writer, Idempotency_Key="one")
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    problem(send(writer, OTHER, Idempotency_Key="one"), 422, "idempotency_key_reused")
    assert SupplierInvoice.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no XML at all",
        b"<Invoice/>",
        DOCUMENT[: len(DOCUMENT) // 2],
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + DOCUMENT,
        b"%PDF-1.7\n",
        DOCUMENT.replace(b"2013-06-30", b"soon"),
    ],
    ids=["empty", "text", "no invoice", "cut off", "with entities", "a PDF", "no date"],
)
def test_what_can_not_be_read_is_told_and_leaves_nothing(writer: Writer, content: bytes) -> None:
    before = list(storage.envelopes())
    found = problem(send(writer, content), 400, "invalid")
    assert found["errors"]
    assert all(error["detail"] for error in found["errors"])
    assert not Mail.objects.exists()
    assert not SupplierInvoice.objects.exists()
    assert list(storage.envelopes()) == before


def test_where_a_document_is_broken_is_told(writer: Writer) -> None:
    broken = DOCUMENT.replace(b">802.00<", b">99999999999999999999<")
    (error,) = problem(send(writer, broken), 400, "invalid")["errors"]
    assert "PayableAmount" in error["detail"]


def test_a_document_without_number_is_told_by_its_term(writer: Writer) -> None:
    found = problem(send(writer, DOCUMENT.replace(b"<cbc:ID>TOSL108</cbc:ID>", b"", 1)), 400, "invalid")
    assert "BT-1" in [error["field"] for error in found["errors"]]


def test_whose_it_is_and_the_right_are_asked_for(writer: Writer, company: Company) -> None:
    assert errors_of(send(writer, company="")) == {"company": "required"}
    problem(send(writer, company="nobody"), 404, "not_found")
    user = factories.UserFactory.create()
    factories.give(user, "ledger.view_supplierinvoice", company=company)
    problem(send(Writer(factories.make_key(owner=user, company=company)[1])), 403, "permission_denied")
    problem(send(writer, kind="text/plain"), 415, "unsupported_media_type")


def test_a_document_may_be_as_large_as_a_message_and_no_larger(writer: Writer, settings: Settings) -> None:
    settings.UTKORG_MAIL_MAX_MB = 4
    padding = b"<!-- " + b"x" * 3_000_000 + b" -->"
    assert (
        send(writer, DOCUMENT.replace(b"<cbc:CustomizationID>", padding + b"<cbc:CustomizationID>", 1)).status_code
        == 201
    )
    problem(send(writer, b" " * (4 * 1024 * 1024 + 1)), 413, "too_large")
    assert writer.post(ADDRESS, b" " * 3_000_000, company="100").status_code == 413


def test_a_virus_is_refused_and_without_its_scanner_nothing_is_taken(writer: Writer, settings: Settings) -> None:
    with scanner() as running:
        settings.CLAMAV_SOCKET = running.place
        infected = DOCUMENT.replace(b"</Invoice>", b"<!-- " + EICAR + b" --></Invoice>")
        found = problem(send(writer, infected), 400, "invalid")
        assert "Eicar" in found["errors"][0]["detail"]
    problem(send(writer), 503, "unavailable")
    assert not SupplierInvoice.objects.exists()


def test_a_body_in_chunks_is_read_though_it_tells_no_length() -> None:
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", b"application/xml")]}
    plain = ASGIRequest(scope, BytesIO(DOCUMENT))
    keep_body(plain, most=len(DOCUMENT))
    read: Any = Request(plain, parsers=[parser() for parser in DOCUMENT_PARSERS]).data
    assert read == DOCUMENT


def test_a_document_of_no_bytes_is_refused(writer: Writer) -> None:
    address = f"/api/v1/{ADDRESS}?company=100"
    answer = writer.client.generic("POST", address, b" ", content_type="application/xml", CONTENT_LENGTH="0")
    problem(answer, 400, "invalid")


def test_an_invoice_whose_row_was_deleted_is_told_to_wait(writer: Writer) -> None:
    send(writer)
    delete_invoice(row=SupplierInvoice.objects.get())
    (error,) = problem(send(writer), 400, "invalid")["errors"]
    assert "waits" in error["detail"]
