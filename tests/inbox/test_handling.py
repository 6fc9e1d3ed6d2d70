"""What people decide of invoices that came: corrected, registered, rejected with a reply, taken back."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import TestCase

from history.models import Change
from inbox import handling, replies
from inbox.accounts import BankAccount, Difference, accounts_of, compare, read
from inbox.approving import approve
from inbox.exceptions import AccountNotConfirmed, AlreadyHandled, ChangedMeanwhile, NothingToReply, SupplierMissing
from inbox.handling import Fields, Registration, mark_of
from inbox.models import IncomingInvoice, Mail, Reply, SupplierIdentity
from ledger.exceptions import DuplicateInvoice
from ledger.models import Company, Supplier, SupplierInvoice
from tests.factories import Books, SupplierFactory, UserFactory, make_books
from tests.inbox import samples
from tests.mail import Mailbox, text_of

pytestmark = pytest.mark.django_db

NOTHING = Registration()


@pytest.fixture
def books() -> Books:
    return make_books(number="100")


@pytest.fixture
def supplier(books: Books) -> Supplier:
    return SupplierFactory.create(
        company=books.company, number="2001", name="Kontorsmaterial i Väst AB", bankgiro="5050-1055"
    )


@pytest.fixture
def person() -> User:
    return UserFactory.create(username="eva", email="eva@example.com")


def fields_of(incoming: IncomingInvoice, supplier: Supplier | None = None, **others: Any) -> Fields:
    said = {name: value for name, value in handling.said(incoming).items() if value is not None}
    account = accounts_of(incoming)
    return Fields(**{"supplier": supplier, "account": account[0].number if account else "", **said, **others})


def register(incoming: IncomingInvoice, supplier: Supplier | None, wish: Registration = NOTHING, **others: Any) -> Any:
    return handling.register(
        incoming=incoming, fields=fields_of(incoming, supplier, **others), wish=wish, seen=mark_of(incoming)
    )


def fresh(incoming: IncomingInvoice) -> IncomingInvoice:
    return IncomingInvoice.objects.select_related("supplier_invoice", "company", "mail").get(pk=incoming.pk)


def row_of(incoming: IncomingInvoice) -> SupplierInvoice:
    row = fresh(incoming).supplier_invoice
    assert row is not None
    return row


def told(incoming: IncomingInvoice) -> list[Any]:
    entries = Change.objects.filter(subject="inbox.incominginvoice", object_id=incoming.pk).order_by("id")
    return [entry.changes.get("status") for entry in entries]


# Entering and registering


def test_what_a_person_reads_in_a_pdf_becomes_a_row_of_the_register(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_to_enter(books.company)
    fields = Fields(
        supplier=supplier,
        invoice_number="20417",
        invoice_date=date(2024, 2, 5),
        amount=Decimal("1250.00"),
        currency="SEK",
        account="5050-1055",
    )
    handling.correct(incoming=incoming, fields=fields, seen=mark_of(incoming))
    row = row_of(incoming)
    assert (row.status, row.amount, row.balance, row.supplier) == ("received", Decimal(1250), Decimal(1250), supplier)
    assert fresh(incoming).account == "5050-1055"
    assert told(incoming) == [["to_enter", "received"]]


def test_registering_remembers_what_the_supplier_is_known_by(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company)
    register(incoming, supplier)
    assert row_of(incoming).status == "registered"
    assert SupplierIdentity.objects.filter(supplier=supplier, scheme="vat", value="SE556036079301").exists()
    assert told(incoming)[-1] == ["received", "registered"]


def test_without_a_supplier_nothing_is_registered(books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    with pytest.raises(SupplierMissing):
        register(incoming, None)
    assert row_of(incoming).status == "received"


def test_a_new_supplier_is_made_with_the_registration_or_not_at_all(books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    new = {"number": "2002", "name": "Kontorsmaterial i Väst AB", "bankgiro": "111-1111"}
    with pytest.raises(AccountNotConfirmed):
        register(incoming, None, Registration(new_supplier=new))
    assert not Supplier.objects.exists()
    register(incoming, None, Registration(new_supplier={**new, "bankgiro": "5050-1055"}))
    assert row_of(incoming).supplier == Supplier.objects.get(number="2002")


def test_the_same_number_of_the_same_supplier_is_registered_once(books: Books, supplier: Supplier) -> None:
    first = samples.make_incoming(books.company, supplier=supplier, status="registered")
    again = samples.make_incoming(books.company, xml=samples.ubl(number="F-2000"))
    with pytest.raises(DuplicateInvoice) as refused:
        register(again, supplier, invoice_number="F-1001")
    assert refused.value.existing == first.supplier_invoice
    assert row_of(again).invoice_number == "F-2000"


# Bank accounts


def test_a_changed_account_takes_a_confirmation_of_its_own(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, xml=samples.ubl(bankgiro="991-2346"))
    with pytest.raises(AccountNotConfirmed):
        register(incoming, supplier)
    register(incoming, supplier, Registration(confirms_account=True))
    supplier.refresh_from_db()
    assert supplier.bankgiro == "5050-1055"
    assert fresh(incoming).confirmed_account == "9912346"
    assert Change.objects.filter(changes__confirmed_account=["5050-1055", "9912346"]).exists()


def test_the_new_account_is_the_suppliers_only_where_that_is_said(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, xml=samples.ubl(bankgiro="991-2346"))
    register(incoming, supplier, Registration(confirms_account=True, keeps_account=True))
    supplier.refresh_from_db()
    assert supplier.bankgiro == "9912346"


@pytest.mark.parametrize(
    ("number", "kind"), [("SE45 5000 0000 0583 9825 7466", "iban"), ("991-2346", "bankgiro"), ("4 12 34-5", "plusgiro")]
)
def test_an_account_is_told_by_how_it_is_written(number: str, kind: str) -> None:
    assert read(number) == BankAccount(number, kind)


def test_a_norwegian_account_is_the_one_that_its_iban_holds() -> None:
    supplier = Supplier(iban="NO93 8601 1117 947")
    assert compare([BankAccount("8601.11.17947")], supplier) == Difference.SAME
    assert compare([BankAccount("8601.11.17948")], supplier) == Difference.CHANGED
    assert compare([BankAccount("1"), BankAccount("86011117947")], supplier) == Difference.SAME
    assert compare([BankAccount("8601.11.17948")], Supplier()) == Difference.NEW
    assert compare([], supplier) == Difference.NONE


# Two people at once


def test_who_comes_second_is_told_and_writes_nothing(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company)
    seen = mark_of(incoming)
    register(incoming, supplier)
    fields = dataclasses.replace(fields_of(incoming, supplier), payment_reference="9")
    for act in (
        lambda: handling.correct(incoming=incoming, fields=fields, seen=seen),
        lambda: handling.register(incoming=incoming, fields=fields, wish=NOTHING, seen=seen),
        lambda: handling.reject(incoming=incoming, reason="x", letter=None, seen=seen),
        lambda: handling.take_back(incoming=incoming, seen=seen),
    ):
        with pytest.raises(ChangedMeanwhile):
            act()
    assert row_of(incoming).payment_reference == "1001234564"


# Rejecting, and taking back


def test_a_rejected_invoice_owes_nothing_and_comes_back(books: Books, supplier: Supplier, person: User) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier)
    handling.reject(incoming=incoming, reason="Not ours", letter=None, seen=mark_of(incoming), user=person)
    rejected = fresh(incoming)
    assert (rejected.state, rejected.reject_reason, rejected.settled_by) == ("rejected", "Not ours", person)
    assert (row_of(incoming).status, row_of(incoming).balance) == ("rejected", Decimal(0))
    with pytest.raises(AlreadyHandled):
        handling.reject(incoming=rejected, reason="again", letter=None, seen=mark_of(rejected))
    handling.take_back(incoming=rejected, seen=mark_of(rejected))
    assert (row_of(incoming).status, row_of(incoming).balance) == ("received", Decimal(1250))
    assert told(incoming) == [["received", "rejected"], ["rejected", "received"]]


def test_one_that_was_to_be_entered_is_so_again(books: Books) -> None:
    incoming = samples.make_to_enter(books.company)
    handling.reject(incoming=incoming, reason="x", letter=None, seen=mark_of(incoming))
    handling.take_back(incoming=fresh(incoming), seen=mark_of(fresh(incoming)))
    assert fresh(incoming).state == "to_enter"


def test_an_approval_is_taken_back_by_reversing_its_voucher(books: Books, supplier: Supplier) -> None:
    incoming = samples.make_incoming(books.company, supplier=supplier, status="registered")
    voucher = approve(
        incoming=incoming, series="A", voucher_date=date(2024, 2, 3), voucher_text="", entries=books.rows()
    )
    reversal = handling.take_back(incoming=fresh(incoming), seen=mark_of(fresh(incoming)))
    assert reversal is not None
    assert reversal.reverses == voucher
    assert row_of(incoming).status == "registered"
    handling.take_back(incoming=fresh(incoming), seen=mark_of(fresh(incoming)))
    assert row_of(incoming).status == "received"


def test_what_is_no_duplicate_waits_like_any_other(books: Books, supplier: Supplier) -> None:
    first = samples.make_incoming(books.company, supplier=supplier, status="registered")
    duplicate = samples.make_duplicate(first)
    handling.say_original(incoming=duplicate, seen=mark_of(duplicate))
    said = fresh(duplicate)
    assert (said.state, said.is_original) == ("entered", True)
    assert row_of(duplicate).status == "received"
    with pytest.raises(AlreadyHandled):
        handling.say_original(incoming=said, seen=mark_of(said))


# Replies


def answer(incoming: IncomingInvoice, **others: str) -> replies.Letter:
    letter = {"address": "faktura@kontorsmaterial.se", "subject": "Re: Faktura", "text": "Hej!\nInte vår."}
    return replies.Letter(**{**letter, **others})


@pytest.fixture
def sent(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """A mail server; letters are sent by the task as soon as they are asked for."""
    monkeypatch.setattr(replies.post.__class__, "enqueue", lambda post, letter: post.send(letter))
    return mailbox


def test_the_sender_gets_the_reply_in_the_thread_of_the_message(books: Books, person: User, sent: Mailbox) -> None:
    incoming = samples.make_incoming(books.company)
    with TestCase.captureOnCommitCallbacks(execute=True):
        letter = answer(incoming, subject="Re: Faktura\r\nBcc: all@example.com")
        handling.reject(incoming=incoming, reason="Not ours", letter=letter, seen=mark_of(incoming), user=person)
        assert sent.letters == []
    (letter_sent,) = sent.letters
    assert letter_sent["To"] == "faktura@kontorsmaterial.se"
    assert letter_sent["Subject"] == "Re: Faktura Bcc: all@example.com"
    assert letter_sent["Bcc"] is None
    assert letter_sent["In-Reply-To"] == letter_sent["References"] == "<1001@kontorsmaterial.se>"
    assert letter_sent["Auto-Submitted"] == "auto-replied"
    assert letter_sent["Reply-To"] == "eva@example.com"
    assert text_of(letter_sent).split() == ["Hej!", "Inte", "vår."]
    assert fresh(incoming).replied_at is not None


def test_a_reply_that_nobody_has_begun_to_send_is_taken_back_with_the_rejection(books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    handling.reject(incoming=incoming, reason="x", letter=answer(incoming), seen=mark_of(incoming))
    assert Reply.objects.count() == 1
    handling.take_back(incoming=fresh(incoming), seen=mark_of(fresh(incoming)))
    assert not Reply.objects.exists()


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"envelope_sender": ""}, {}),
        ({"sender": "Robot <no-reply@kontorsmaterial.se>"}, {}),
        ({"sender": "Robot <faktura.noreply@kontorsmaterial.se>"}, {}),
        ({"sender": "Ourselves <x@mail.example.com>"}, {}),
        ({"sender": "nobody"}, {}),
        ({"source": Mail.Source.API}, {}),
        ({}, {"Auto-Submitted": "auto-generated"}),
        ({}, {"Precedence": "bulk"}),
        ({}, {"List-Id": "<all.example.com>"}),
    ],
)
def test_nobody_answers_robots(
    books: Books, mailbox: Mailbox, settings: Any, fields: dict[str, Any], headers: dict[str, str]
) -> None:
    settings.UTKORG_MAIL_DOMAIN = "mail.example.com"
    mail = samples.make_mail(books.company, headers=headers, **fields)
    assert replies.address_of(mail) == ""


def test_a_person_is_answered_where_they_want_it(books: Books, mailbox: Mailbox) -> None:
    assert replies.address_of(samples.make_mail(books.company)) == "faktura@kontorsmaterial.se"
    mail = samples.make_mail(books.company, reply_to="eva@leverantor.example", headers={"Auto-Submitted": "no"})
    assert replies.address_of(mail) == "eva@leverantor.example"


@pytest.mark.parametrize(
    ("country", "currency", "language"),
    [
        ("SE", "NOK", "sv"),
        ("no", "SEK", "nb"),
        ("FI", "SEK", "en"),
        ("", "NOK", "nb"),
        ("", "SEK", "sv"),
        ("", "EUR", "en"),
    ],
)
def test_a_reply_is_in_the_language_of_the_sellers_country_or_in_english(
    country: str, currency: str, language: str
) -> None:
    content = {"seller": {"address": {"country": country}}}
    assert replies.language_for(IncomingInvoice(company=Company(currency=currency), content=content)) == language


def test_no_letter_goes_to_an_address_that_is_none(books: Books) -> None:
    incoming = samples.make_incoming(books.company)
    for address in ("noreply@example.com", "a@b\r\nBcc: c@d.se", ""):
        with pytest.raises(NothingToReply):
            handling.reject(
                incoming=incoming, reason="x", letter=answer(incoming, address=address), seen=mark_of(incoming)
            )
    assert fresh(incoming).state == "entered"
