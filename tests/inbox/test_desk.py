"""The desk's pages: the queue, an invoice's page, and who may do what there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from access.http.admin.listing import PRESERVED
from history.models import Change
from inbox import addresses
from inbox.models import IncomingInvoice, Reply
from inbox.rules import SUPPLIER_UNKNOWN, finding
from ledger.importing.messages import Message
from ledger.models import FinancialYear, Supplier, SupplierInvoice, Voucher
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import delete_voucher
from tests.factories import (
    AccountFactory,
    Books,
    SuperuserFactory,
    SupplierFactory,
    UserFactory,
    give,
    make_books,
)
from tests.inbox import samples
from tests.mail import Mailbox

pytestmark = pytest.mark.django_db

LIST = "/admin/inbox/incominginvoice/"
FIELDS = (
    "invoice_number",
    "payment_reference",
    "invoice_date",
    "due_date",
    "amount",
    "vat_amount",
    "currency",
    "account",
)


@pytest.fixture
def books() -> Books:
    books = make_books(number="100")
    for number in ("2440", "2641", "4000"):
        AccountFactory.create(company=books.company, number=number)
    return books


@pytest.fixture
def supplier(books: Books) -> Supplier:
    return SupplierFactory.create(company=books.company, name="Kontorsmaterial i Väst AB", bankgiro="5050-1055")


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(SuperuserFactory.create(email="chef@example.com"))
    return client


def page_of(incoming: IncomingInvoice, name: str = "change", *further: int) -> str:
    return reverse(f"admin:inbox_incominginvoice_{name}", args=[incoming.pk, *further])


def fields_of(page: Any, **others: Any) -> dict[str, Any]:
    """What the page sends when nobody has changed anything but what is said."""
    form = page.context["form"]
    sent = {name: "" if form[name].value() is None else str(form[name].value()) for name in ("supplier", *FIELDS)}
    return {**sent, "seen": page.context["seen"], **others}


def posting_of(page: Any, **others: Any) -> dict[str, Any]:
    head, rows = page.context["head"], page.context["rows"]
    sent: dict[str, Any] = {name: str(head[name].value() or "") for name in head.fields}
    for form in [*rows, rows.management_form]:
        for field in form:
            sent[field.html_name] = "" if field.value() is None else str(field.value())
    return {**sent, "seen": page.context["seen"], "do": "approve", **others}


def said_on(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])


# The queue


def test_the_queue_shows_what_is_to_be_done_and_counts_the_rest(
    client: Client, books: Books, supplier: Supplier
) -> None:
    samples.make_to_enter(books.company)
    first = samples.make_incoming(books.company, supplier=supplier)
    samples.make_duplicate(first)
    page = client.get(LIST)
    counts = {tab.name: tab.count for tab in page.context["cl"].tabs if tab.count}
    assert counts == {"todo": 2, "to_enter": 1, "received": 1, "duplicates": 1, "all": 3}
    assert page.context["cl"].result_count == 2
    assert client.get(f"{LIST}?tab=duplicates").context["cl"].result_count == 1
    for term in ("1250,00", "-1 250", "F-1001", "Kontorsm", "1001234564"):
        assert first in client.get(LIST, {"q": term}).context["cl"].result_list, term


def test_an_empty_queue_tells_the_address(client: Client, books: Books) -> None:
    assert "/admin/inbox/portal/" in client.get(LIST).content.decode()
    portal = addresses.switch_on(company=books.company)
    assert str(addresses.current(portal)) in client.get(LIST).content.decode()


def test_a_changed_bank_account_stands_in_red(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier, xml=samples.ubl(bankgiro="991-2346"))
    for page in (client.get(LIST), client.get(page_of(incoming))):
        assert "Changed bank account" in page.content.decode()


# Its fields


def test_a_received_invoice_is_registered_and_the_next_one_opens(
    client: Client, books: Books, supplier: Supplier
) -> None:
    incoming = samples.make_incoming(books.company)
    following = samples.make_incoming(books.company, xml=samples.ubl(number="F-1002"))
    page = client.get(page_of(incoming))
    assert (page.context["place"].number, page.context["place"].total) == (1, 2)
    assert [one.value for one in page.context["suggestions"]["supplier"]] == [str(supplier.pk)]
    answer = client.post(page_of(incoming), fields_of(page, supplier=supplier.pk, do="register"), follow=True)
    assert answer.redirect_chain[0][0] == page_of(following)
    row = SupplierInvoice.objects.get(invoice_number="F-1001")
    assert (row.status, row.supplier, row.amount) == ("registered", supplier, Decimal("1250.00"))


def test_the_list_that_somebody_came_from_is_followed(client: Client, books: Books, supplier: Supplier) -> None:
    first, other, last = (
        samples.make_incoming(books.company, supplier=supplier, status=status, xml=samples.ubl(number=f"F-{number}"))
        for number, status in enumerate(("received", "registered", "received"))
    )
    came = {PRESERVED: "tab=received"}
    assert f"{page_of(first)}?{urlencode(came)}" in client.get(LIST, {"tab": "received"}).content.decode()
    page = client.get(page_of(first), came)
    place = page.context["place"]
    assert (place.number, place.total, place.before, place.after) == (1, 2, None, last.pk)
    assert page.context["after_url"] == f"{page_of(last)}?{urlencode(came)}"
    assert page.context["list_url"] == f"{LIST}?tab=received"
    answer = client.post(f"{page_of(first)}?{urlencode(came)}", fields_of(page, do="register"))
    assert answer["Location"] == page.context["after_url"]
    # Registered, it is behind another tab: those that it stood between are still beside it.
    page = client.get(page_of(first), came)
    assert (page.context["place"], page.context["after_url"]) == (None, answer["Location"])
    page = client.get(answer["Location"])
    answer = client.post(answer["Location"], fields_of(page, do="register"), follow=True)
    assert answer.redirect_chain[0][0] == f"{LIST}?tab=received"
    assert "nothing else in this list waits" in said_on(answer)
    # A search looks everywhere, the newest first; what is no filter is left out.
    place = client.get(page_of(other), {PRESERVED: "q=Kontorsm"}).context["place"]
    assert (place.number, place.before, place.after) == (2, last.pk, first.pk)
    place = client.get(page_of(other), {PRESERVED: "nonsense__exact=%00"}).context["place"]
    assert (place.number, place.total) == (2, 3)


def test_what_a_text_seems_to_say_is_a_suggestion_and_no_value(client: Client, books: Books) -> None:
    incoming = samples.make_to_enter(books.company)
    page = client.get(page_of(incoming))
    form = page.context["form"]
    assert not any(form[name].value() for name in FIELDS if name != "currency")
    (amount,) = page.context["suggestions"]["amount"]
    assert (amount.value, amount.page, amount.excerpt) == ("1,250.00", 1, "Att betala 1 250,00 SEK")
    new = {field.name: [one.value for one in found or ()] for field, found in page.context["new_supplier"]}
    assert new["new_name"] == [incoming.sender_name]
    answer = client.post(page_of(incoming), {"do": "register", "seen": page.context["seen"]})
    assert answer.status_code == 400
    assert IncomingInvoice.objects.get().state == "to_enter"


def test_a_supplier_made_meanwhile_is_proposed_and_no_longer_missed(client: Client, books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    incoming.findings = [finding("note", SUPPLIER_UNKNOWN, "seller", Message("x")).to_json()]
    incoming.save()
    assert [one.rule for one in client.get(page_of(incoming)).context["others"]] == [SUPPLIER_UNKNOWN]
    made = SupplierFactory.create(company=books.company, organisation_number="556036-0793")
    page = client.get(page_of(incoming))
    assert [one.value for one in page.context["suggestions"]["supplier"]] == [str(made.pk)]
    assert page.context["others"] == []


def test_what_is_refused_keeps_what_was_typed(client: Client, books: Books, supplier: Supplier) -> None:
    first = samples.make_incoming(books.company, supplier=supplier, status="registered")
    incoming = samples.make_incoming(books.company, xml=samples.ubl(number="F-2"))
    sent = fields_of(client.get(page_of(incoming)), supplier=supplier.pk, invoice_number="F-1001", do="register")
    answer = client.post(page_of(incoming), sent)
    assert answer.status_code == 400
    (refused,) = answer.context["form"].errors["invoice_number"]
    assert f"/admin/ledger/supplierinvoice/{first.supplier_invoice_id}/change/" in refused
    assert answer.context["form"]["invoice_number"].value() == "F-1001"
    stale = client.post(page_of(incoming), {**sent, "invoice_number": "F-3", "seen": "before"})
    assert stale.context["is_stale"]
    assert stale.context["form"]["invoice_number"].value() == "F-3"
    # What the page shows now may be written over, knowingly.
    again = client.post(page_of(incoming), {**sent, "invoice_number": "F-3", "seen": stale.context["seen"]})
    assert again.status_code == 302


def test_a_changed_account_asks_for_its_tick(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier, xml=samples.ubl(bankgiro="991-2346"))
    sent = fields_of(client.get(page_of(incoming)), do="register")
    answer = client.post(page_of(incoming), sent)
    assert "confirms_account" in answer.context["form"].errors
    assert client.post(page_of(incoming), {**sent, "confirms_account": "on", "keeps_account": "on"}).status_code == 302
    supplier.refresh_from_db()
    assert supplier.bankgiro == "9912346"


def test_a_new_supplier_is_proposed_and_made_when_it_is_ticked(client: Client, books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    page = client.get(page_of(incoming))
    proposed = {field.html_name: str(field.value() or "") for field in page.context["form"].of_new_supplier}
    assert (proposed["new_name"], proposed["new_bankgiro"]) == ("Kontorsmaterial i Väst AB", "50501055")
    client.post(page_of(incoming), {**fields_of(page), **proposed, "do": "register"})
    assert not Supplier.objects.exists()
    client.post(page_of(incoming), {**fields_of(page), **proposed, "do": "register", "makes_supplier": "on"})
    made = Supplier.objects.get()
    assert (made.organisation_number, made.city) == ("5560360793", "Borås")


# Posting


def test_a_registered_invoice_is_posted_as_the_rows_say(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier, status="registered")
    page = client.get(page_of(incoming))
    sent = posting_of(page)
    debit = next(name for name, value in sent.items() if name.endswith("-debit") and value)
    unbalanced = client.post(page_of(incoming), {**sent, debit: "1"})
    assert unbalanced.status_code == 400
    assert unbalanced.context["rows"].non_form_errors()
    assert not Voucher.objects.exists()
    answer = client.post(page_of(incoming), sent, follow=True)
    voucher = Voucher.objects.get()
    amounts = {row.account.number: row.amount for row in voucher.rows.select_related("account")}
    assert amounts == {"4000": 1000, "2641": 250, "2440": -1250}
    assert SupplierInvoice.objects.get().status == "approved"
    assert str(voucher) in said_on(answer)
    link = client.get(reverse("admin:ledger_voucher_change", args=[voucher.pk])).context["links"]
    assert [one.url for one in link] == [page_of(incoming)]
    # Taken back after somebody has reversed its voucher, and that is in force again: no other is posted beside it.
    reversal = reverse_voucher(voucher=voucher)
    back = client.get(page_of(incoming, "take_back"))
    assert "reversed already" in back.content.decode()
    client.post(page_of(incoming, "take_back"), {**dict(back.context["sent"]), "confirmed": "yes"})
    assert SupplierInvoice.objects.get().status == "registered"
    delete_voucher(voucher=reversal)
    refused = client.post(page_of(incoming), posting_of(client.get(page_of(incoming))))
    assert f"posted by voucher {voucher}" in refused.content.decode()
    assert Voucher.objects.get() == voucher


def test_a_locked_period_is_told_at_the_date(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier, status="registered")
    sent = posting_of(client.get(page_of(incoming)))
    FinancialYear.objects.update(locked_until=date(2024, 12, 31))
    answer = client.post(page_of(incoming), sent)
    assert "voucher_date" in answer.context["head"].errors
    assert SupplierInvoice.objects.get().status == "registered"


def test_another_currency_asks_for_its_rate(client: Client, books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(
        books.company, supplier=supplier, status="registered", fields={"currency": "EUR", "vat_amount": Decimal(0)}
    )
    page = client.get(page_of(incoming))
    assert page.context["rows"] is None
    answer = client.post(page_of(incoming), {"do": "rate", "exchange_rate": "11,50", "seen": page.context["seen"]})
    assert [form.initial.get("credit") for form in answer.context["rows"] if form.initial.get("credit")] == [
        Decimal("14375.00")
    ]


# Rejecting, taking back, duplicates


def test_a_rejection_is_told_to_the_sender_in_their_language(client: Client, books: Books, mailbox: Mailbox) -> None:
    incoming = samples.make_incoming(books.company)
    page = client.get(page_of(incoming, "reject"))
    form = page.context["form"]
    assert form["language"].value() == "sv"
    sent = {name: form[name].value() for name in ("language", "subject", "text")}
    sent |= {"reason": "Inte vår.", "replies": "on", "seen": page.context["seen"]}
    answer = client.post(page_of(incoming, "reject"), sent, follow=True)
    reply = Reply.objects.get()
    assert reply.address == "faktura@kontorsmaterial.se"
    assert "Skäl: Inte vår." in reply.content["text"]
    assert reply.content["subject"] == "Re: Faktura F-1001"
    assert "faktura@kontorsmaterial.se" in said_on(answer)
    back = client.get(page_of(incoming, "take_back"))
    client.post(page_of(incoming, "take_back"), {**dict(back.context["sent"]), "confirmed": "yes"})
    assert SupplierInvoice.objects.get().status == "received"
    assert Change.objects.filter(subject="inbox.incominginvoice", user_name__startswith="user").count() == 2


def test_a_duplicate_leads_to_the_first_and_may_be_said_to_be_none(
    client: Client, books: Books, supplier: Supplier
) -> None:
    first = samples.make_incoming(books.company, supplier=supplier)
    duplicate = samples.make_duplicate(first)
    page = client.get(page_of(duplicate))
    assert page.context["first_url"] == page_of(first)
    assert page.context["form"] is None
    asked = client.get(page_of(duplicate, "say_original"))
    client.post(page_of(duplicate, "say_original"), {**dict(asked.context["sent"]), "confirmed": "yes"})
    duplicate.refresh_from_db()
    assert duplicate.state == "entered"


def test_an_invoice_is_marked_as_a_duplicate_of_the_one_that_is_proposed_or_named(
    client: Client, books: Books, supplier: Supplier
) -> None:
    first = samples.make_incoming(books.company, supplier=supplier)
    other = samples.make_incoming(books.company, supplier=supplier, xml=samples.ubl(number="77", net=Decimal(5)))
    again = samples.make_incoming(books.company)
    pdf = samples.make_to_enter(books.company)
    assert first.supplier_invoice
    assert other.supplier_invoice
    page = client.get(page_of(again, "mark_duplicate"))
    assert page_of(again, "mark_duplicate") in client.get(page_of(again)).content.decode()
    assert page.context["form"]["likely"].value() == first.supplier_invoice.pk
    assert "Its own row, number 3, is deleted" in page.content.decode()
    sent = {"likely": first.supplier_invoice.pk, "seen": page.context["seen"]}
    stale = client.post(page_of(again, "mark_duplicate"), {**sent, "seen": "x"})
    assert "Somebody has changed this invoice" in stale.content.decode()
    client.post(page_of(again, "mark_duplicate"), sent)
    again.refresh_from_db()
    assert (again.state, again.repeated_by, again.supplier_invoice) == ("duplicate", "person", None)
    assert (again.duplicate_of, again.repeats) == (first, first.supplier_invoice)
    entry = Change.objects.filter(subject="inbox.incominginvoice", object_id=again.pk).latest("id")
    assert (entry.changes["state"], entry.changes["repeats"]) == (["received", "duplicate"], [None, "1"])

    asked = client.get(page_of(pdf, "mark_duplicate"))
    assert asked.context["form"]["likely"].value() == first.supplier_invoice.pk
    for number in ("", "99"):
        refused = client.post(page_of(pdf, "mark_duplicate"), {"number": number, "seen": asked.context["seen"]})
        assert list(refused.context["form"].errors) == ["number"]
    client.post(page_of(pdf, "mark_duplicate"), {"number": "2", "seen": asked.context["seen"]})
    pdf.refresh_from_db()
    assert (pdf.state, pdf.repeats) == ("duplicate", other.supplier_invoice)
    gone = client.get(page_of(pdf, "mark_duplicate"), follow=True)
    assert "Somebody has handled the invoice meanwhile" in said_on(gone)
    undone = client.get(page_of(again, "say_original"))
    client.post(page_of(again, "say_original"), {**dict(undone.context["sent"]), "confirmed": "yes"})
    again.refresh_from_db()
    assert again.supplier_invoice is not None


# Who may


def test_who_may_only_look_is_shown_no_buttons(books: Books, supplier: Supplier) -> None:
    looker = UserFactory.create(is_staff=True)
    give(looker, "inbox.view_incominginvoice", company=books.company)
    client = Client()
    client.force_login(looker)
    received = samples.make_incoming(books.company, supplier=supplier)
    registered = samples.make_incoming(
        books.company, supplier=supplier, status="registered", xml=samples.ubl(number="F-2")
    )
    for incoming in (received, registered):
        page = client.get(page_of(incoming))
        assert page.context["form"] is None
        assert 'name="do"' not in page.content.decode()
        assert "take-back" not in page.content.decode()
        for action in ("save", "register", "approve", "rate", ""):
            assert client.post(page_of(incoming), {"do": action}).status_code == 403
        for name in ("reject", "take_back", "mark_duplicate", "say_original"):
            assert client.post(page_of(incoming, name), {"confirmed": "yes"}).status_code == 403


def test_files_are_only_reached_through_their_own_invoice(client: Client, books: Books) -> None:
    mine, other = samples.make_incoming(books.company), samples.make_to_enter(books.company)
    assert mine.document_id is not None
    assert other.document_id is not None
    for name in ("original", "file"):
        assert client.get(page_of(mine, name, mine.document_id)).status_code == 200
        assert client.get(page_of(mine, name, other.document_id)).status_code == 404
    stranger = UserFactory.create(is_staff=True)
    give(stranger, "inbox.view_incominginvoice", company=make_books(number="200").company)
    client.force_login(stranger)
    for name in ("original", "file"):
        assert client.get(page_of(mine, name, mine.document_id)).status_code == 404
        assert client.get(page_of(mine, name, 0)).status_code == 404


# Nothing of a message gets out of its frame


def test_a_frame_has_no_origin_and_a_file_is_saved_and_not_opened(client: Client, books: Books) -> None:
    hostile = ("../../etc/<b>evil.html", "text/html", b"<script>parent.document.title = 'x'</script>")
    incoming = samples.make_incoming(books.company, attached=(hostile,))
    html = incoming.attachments.get()
    frame = client.get(page_of(incoming, "original", html.pk))
    assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert "script-src" not in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert frame["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in frame.content.decode()
    assert "&lt;script&gt;" in frame.content.decode()
    file = client.get(page_of(incoming, "file", html.pk))
    assert file["Content-Type"] == "application/octet-stream"
    assert file["Content-Disposition"] == 'attachment; filename="_b_evil.html"'
    assert file["X-Content-Type-Options"] == "nosniff"


def test_a_pdf_is_shown_as_pictures_of_its_pages(client: Client, books: Books) -> None:
    incoming = samples.make_to_enter(books.company)
    assert incoming.document_id is not None
    frame = client.get(page_of(incoming, "original", incoming.document_id)).content.decode()
    assert frame.count("data:image/png;base64,") == 1
