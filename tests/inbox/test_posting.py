"""What a voucher of an invoice is proposed to be, and posting it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from inbox.approving import approve, take_back_approval
from inbox.exceptions import AlreadyHandled, NotRegistered
from inbox.models import IncomingInvoice, Mail, Portal
from inbox.posting import Proposal, propose, shared
from ledger.exceptions import PeriodLocked, Posted, Unbalanced
from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.invoices import change_invoice
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import Entry, delete_voucher
from tests.factories import (
    AccountFactory,
    Books,
    DimensionValueFactory,
    SupplierFactory,
    SupplierInvoiceFactory,
    make_books,
)

pytestmark = pytest.mark.django_db

BAS = ("2440", "2641", "3740", "4000", "5010", "6110")
Incoming = Callable[..., IncomingInvoice]


@pytest.fixture
def books() -> Books:
    """A Swedish company's books of 2024, with the accounts that it takes."""
    books = make_books(number="100")
    for number in BAS:
        AccountFactory.create(company=books.company, number=number)
    return books


@pytest.fixture
def supplier(books: Books) -> Supplier:
    return SupplierFactory.create(company=books.company, number="2001", name="Hyresvärden AB")


@pytest.fixture
def incoming(books: Books, supplier: Supplier) -> Incoming:
    """Make a registered invoice that came by mail."""

    def make(content: dict[str, Any] | None = None, **fields: Any) -> IncomingInvoice:
        values = {"status": "registered", "vat_amount": Decimal("250.00"), "supplier": supplier, **fields}
        invoice = SupplierInvoiceFactory.create(company=books.company, **values)
        mail = Mail.objects.create(company=books.company, digest="0" * 64, size=1)
        return IncomingInvoice.objects.create(
            company=books.company, mail=mail, content=content, supplier_invoice=invoice, state="entered", format="ubl"
        )

    return make


def rows(proposal: Proposal) -> list[tuple[str, str]]:
    return [(row.account.number if row.account else "", str(row.amount)) for row in proposal.rows]


def post(incoming: IncomingInvoice, proposal: Proposal) -> Voucher:
    """Post what is proposed, as it is."""
    entries = []
    for row in proposal.rows:
        assert row.account
        dimensions: dict[str, Any] = dict(row.dimensions)
        entries.append(Entry(account=row.account, amount=row.amount, text=row.text, **dimensions))
    return approve(
        incoming=incoming,
        series=proposal.series,
        voucher_date=proposal.voucher_date,
        voucher_text=proposal.voucher_text,
        entries=entries,
    )


def test_a_first_invoice_goes_to_the_usual_accounts(incoming: Incoming) -> None:
    proposal = propose(incoming(invoice_number="17"))
    assert rows(proposal) == [("4000", "1000.00"), ("2641", "250.00"), ("2440", "-1250.00")]
    assert (proposal.voucher_date, proposal.series, proposal.voucher_text) == (
        date(2024, 2, 1),
        "A",
        "Hyresvärden AB 17",
    )
    assert (proposal.needs_rate, proposal.based_on, proposal.remarks) == (False, None, ())


def test_the_portals_accounts_go_before_the_usual_ones(incoming: Incoming, books: Books) -> None:
    for number in ("2445", "2645"):
        AccountFactory.create(company=books.company, number=number)
    Portal.objects.create(
        company=books.company, series="L", payable_account="2445", vat_account="2645", expense_account="5010"
    )
    proposal = propose(incoming())
    assert rows(proposal) == [("5010", "1000.00"), ("2645", "250.00"), ("2445", "-1250.00")]
    assert proposal.series == "L"


def test_what_was_taken_back_is_proposed_as_it_was_posted(incoming: Incoming, books: Books) -> None:
    rent, phone = (books.company.accounts.get(number=number) for number in ("5010", "6110"))
    vat, debt = (books.company.accounts.get(number=number) for number in ("2641", "2440"))
    centre = DimensionValueFactory.create(company=books.company, code="10")
    taken, other = incoming(), incoming()
    entries = [
        Entry(account=rent, amount=Decimal(-50), text="Avdrag"),
        Entry(account=phone, amount=Decimal(1050), cost_centre=centre),
        Entry(account=vat, amount=Decimal(250)),
        Entry(account=debt, amount=Decimal(-1250)),
    ]
    voucher = approve(incoming=taken, series="LF", voucher_date=date(2024, 2, 1), voucher_text="Hyra", entries=entries)
    post(other, propose(incoming(supplier=None)))
    take_back_approval(incoming=taken)
    proposal = propose(taken)
    assert rows(proposal) == [("5010", "-50.00"), ("6110", "1050.00"), ("2641", "250.00"), ("2440", "-1250.00")]
    assert (proposal.rows[0].text, proposal.rows[1].dimensions["cost_centre"]) == ("Avdrag", centre)
    assert (proposal.series, proposal.voucher_text, proposal.based_on) == ("LF", "Hyra", voucher)
    # Another amount is shared as it was; nobody else's proposal comes of what was taken back.
    assert taken.supplier_invoice
    change_invoice(row=taken.supplier_invoice, values={"amount": Decimal(2500), "vat_amount": Decimal(500)})
    assert rows(propose(taken)) == [("5010", "-100.00"), ("6110", "2100.00"), ("2641", "500.00"), ("2440", "-2500.00")]
    assert rows(propose(incoming())) == [("4000", "1000.00"), ("2641", "250.00"), ("2440", "-1250.00")]


def test_what_was_taken_back_keeps_its_exchange_rate(incoming: Incoming, books: Books) -> None:
    foreign = incoming(currency="EUR", amount=Decimal("100.01"), vat_amount=Decimal(0))
    assert propose(foreign).needs_rate
    post(foreign, propose(foreign, exchange_rate=Decimal("11.4321")))
    take_back_approval(incoming=foreign)
    assert rows(propose(foreign)) == [("4000", "1143.32"), ("2440", "-1143.32")]


def test_the_next_is_posted_as_the_suppliers_last(incoming: Incoming, books: Books) -> None:
    rent, phone = (books.company.accounts.get(number=number) for number in ("5010", "6110"))
    centre = DimensionValueFactory.create(company=books.company, code="10")
    first = incoming()
    vat, debt = (books.company.accounts.get(number=number) for number in ("2641", "2440"))
    approve(
        incoming=first,
        series="LF",
        voucher_date=date(2024, 2, 1),
        voucher_text="",
        entries=[
            Entry(account=rent, amount=Decimal(750), cost_centre=centre),
            Entry(account=phone, amount=Decimal(250)),
            Entry(account=vat, amount=Decimal(250)),
            Entry(account=debt, amount=Decimal(-1250)),
        ],
    )
    proposal = propose(incoming(amount=Decimal("100.01"), vat_amount=Decimal("20.00")))
    assert rows(proposal) == [("5010", "60.01"), ("6110", "20.00"), ("2641", "20.00"), ("2440", "-100.01")]
    assert [row.dimensions["cost_centre"] for row in proposal.rows[:2]] == [centre, None]
    assert proposal.series == "LF"
    assert proposal.based_on == Voucher.objects.get()
    assert "LF 1" in proposal.remarks[0]


def test_rounding_and_a_credit_note_sum_to_zero(incoming: Incoming) -> None:
    content = {"totals": {"payable": "-1250.00", "rounding": "-0.25", "prepaid": "0"}}
    proposal = propose(incoming(content, amount=Decimal("-1250.00"), vat_amount=Decimal("-249.95")))
    assert rows(proposal) == [("4000", "-999.80"), ("2641", "-249.95"), ("3740", "-0.25"), ("2440", "1250.00")]


def test_what_was_corrected_no_longer_follows_the_document(incoming: Incoming) -> None:
    content = {"totals": {"payable": "999.00", "rounding": "-0.25"}}
    assert rows(propose(incoming(content))) == [("4000", "1000.00"), ("2641", "250.00"), ("2440", "-1250.00")]


def test_what_is_paid_in_advance_needs_an_account(incoming: Incoming) -> None:
    content = {"totals": {"payable": "1000.00", "prepaid": "250.00"}}
    proposal = propose(incoming(content, amount=Decimal("1000.00")))
    assert rows(proposal) == [("4000", "1000.00"), ("2641", "250.00"), ("", "-250.00"), ("2440", "-1000.00")]
    assert len(proposal.remarks) == 1


def test_without_a_rate_another_currency_has_no_rows(incoming: Incoming) -> None:
    invoice = incoming(currency="EUR")
    assert propose(invoice).needs_rate
    assert propose(invoice).rows == ()
    proposal = propose(invoice, exchange_rate=Decimal("11.4567"))
    assert rows(proposal) == [("4000", "11456.70"), ("2641", "2864.18"), ("2440", "-14320.88")]


def test_the_vat_in_the_books_currency_tells_the_rate(incoming: Incoming) -> None:
    content = {"tax_currency": "SEK", "totals": {"payable": "1250.00", "vat_in_tax_currency": "2864.17"}}
    proposal = propose(incoming(content, currency="EUR"))
    assert proposal.exchange_rate == Decimal("11.45668")
    assert rows(proposal) == [("4000", "11456.68"), ("2641", "2864.17"), ("2440", "-14320.85")]


def test_norwegian_vat_has_an_account_for_each_rate(incoming: Incoming, books: Books) -> None:
    books.company.currency = "NOK"
    books.company.save()
    for number in ("2400", "2711", "2713", "4300"):
        AccountFactory.create(company=books.company, number=number)
    content = {
        "vat": [{"category": "S", "rate": "25.00", "tax": "200.00"}, {"category": "S", "rate": "15", "tax": "50"}]
    }
    proposal = propose(incoming(content, currency="NOK"))
    assert rows(proposal) == [("4300", "1000.00"), ("2711", "200.00"), ("2713", "50.00"), ("2400", "-1250.00")]


def test_what_the_buyer_asked_to_have_written_names_account_and_cost_centre(incoming: Incoming, books: Books) -> None:
    centre = DimensionValueFactory.create(company=books.company, code="K7")
    proposal = propose(incoming({"accounting_cost": "6110:K7"}))
    assert rows(proposal)[0] == ("6110", "1000.00")
    assert proposal.rows[0].dimensions == {"cost_centre": centre}


def test_an_account_that_is_missing_is_told(incoming: Incoming, books: Books) -> None:
    books.company.accounts.filter(number="2641").delete()
    proposal = propose(incoming({"vat": [{"category": "AE", "rate": "0", "tax": "0"}]}))
    assert rows(proposal)[1] == ("", "250.00")
    assert "2641" in proposal.remarks[0]
    assert "reverse charge" in proposal.remarks[1]


@freeze_time("2024-05-02 12:00")
def test_in_a_locked_period_today_is_proposed(incoming: Incoming, books: Books) -> None:
    books.year.locked_until = date(2024, 3, 31)
    books.year.save()
    proposal = propose(incoming())
    assert proposal.voucher_date == date(2024, 5, 2)
    assert len(proposal.remarks) == 1


def test_an_invoice_is_posted_once_and_can_be_taken_back(incoming: Incoming) -> None:
    invoice = incoming()
    proposal = propose(invoice)
    voucher = post(invoice, proposal)
    assert sum(row.amount for row in voucher.rows.all()) == 0
    row = SupplierInvoice.objects.get()
    assert (row.status, row.voucher) == ("approved", voucher)
    with pytest.raises(AlreadyHandled):
        post(invoice, proposal)
    assert Voucher.objects.count() == 1
    reversal = take_back_approval(incoming=invoice)
    assert reversal
    assert reversal.reverses == voucher
    assert SupplierInvoice.objects.get().status == "registered"
    with pytest.raises(AlreadyHandled):
        take_back_approval(incoming=invoice)
    # The voucher that was taken back is in force again: another would book the invoice twice.
    back = reverse_voucher(voucher=reversal)
    with pytest.raises(Posted) as refused:
        post(invoice, proposal)
    assert refused.value.voucher == voucher
    reverse_voucher(voucher=back)
    post(invoice, propose(invoice))
    assert Voucher.objects.count() == 5


def test_an_approval_whose_voucher_is_reversed_already_is_taken_back_without_another(incoming: Incoming) -> None:
    invoice = incoming()
    voucher = post(invoice, propose(invoice))
    reversal = reverse_voucher(voucher=voucher)
    assert take_back_approval(incoming=invoice) is None
    row = SupplierInvoice.objects.get()
    assert (row.status, row.voucher, invoice.posted_before) == ("registered", None, voucher)
    delete_voucher(voucher=reversal)
    with pytest.raises(Posted):
        post(invoice, propose(invoice))
    assert list(Voucher.objects.all()) == [voucher]


def test_nothing_is_written_of_a_voucher_that_is_refused(incoming: Incoming, books: Books) -> None:
    invoice = incoming()
    proposal = propose(invoice)
    account = books.company.accounts.get(number="4000")
    with pytest.raises(Unbalanced):
        approve(
            incoming=invoice,
            series="A",
            voucher_date=proposal.voucher_date,
            voucher_text="",
            entries=[Entry(account=account, amount=Decimal(1))],
        )
    books.year.locked_until = date(2024, 12, 31)
    books.year.save()
    with pytest.raises(PeriodLocked):
        post(invoice, proposal)
    received = incoming(status="received")
    with pytest.raises(NotRegistered):
        post(received, propose(received))
    assert not Voucher.objects.exists()
    assert not SupplierInvoice.objects.exclude(voucher=None).exists()


money = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


@given(money, st.lists(money, min_size=1, max_size=6))
def test_shares_always_sum_to_the_whole(amount: Decimal, parts: list[Decimal]) -> None:
    assert sum(shared(amount, parts)) == amount
