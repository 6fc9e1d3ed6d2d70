"""Out of the server, through the pages of a machine that knows none, and back."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.models import Supplier, SupplierInvoice, Voucher
from ledger.services.vouchers import Entry, Header, post_voucher
from tests import factories
from tests.workcopies.copies import Copy, told
from tests.workcopies.offline import Browser, working

pytestmark = pytest.mark.django_db(transaction=True)


def post(books: factories.Books, text: str) -> Voucher:
    entries = [Entry(account=books.cash, amount=Decimal(100)), Entry(account=books.sales, amount=Decimal(-100))]
    return post_voucher(
        company=books.company, series="A", header=Header(voucher_date=date(2024, 3, 1), text=text), entries=entries
    )


def test_what_is_done_on_offline_pages_lands(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    books = factories.make_books(number="100")
    supplier = factories.SupplierFactory.create(company=books.company, number="2001", name="Papper AB", city="Åre")
    first, untouched = post(books, "Första"), post(books, "Orörd")
    copy = Copy(tmp_path / "train.utkorg", books.company)
    post(books, "Under tiden")

    with working(copy.path, home=tmp_path_factory.mktemp("home")) as work:
        pages, cash, sales = Browser(work.url), str(books.cash.pk), str(books.sales.pk)
        # Saved as they are, neither a voucher nor a supplier is changed.
        pages.submit(f"admin/ledger/voucher/{untouched.pk}/change/")
        pages.submit(f"admin/ledger/supplier/{supplier.pk}/change/")
        assert "Ingenting ännu" in pages.get("admin/")

        rows = {"rows-0-account": cash, "rows-0-debit": "99,50", "rows-1-account": sales, "rows-1-credit": "99,50"}
        days = {"voucher_date": "2024-05-02", "registered_on": "2024-05-02"}
        assert "A P1" in pages.submit("admin/ledger/voucher/add/", text="Ny", **days, **rows)
        amounts = {"rows-0-debit": "120,00", "rows-1-credit": "120,00"}
        pages.submit(f"admin/ledger/voucher/{first.pk}/change/", text="Ändrad", **amounts)
        pages.submit(f"admin/ledger/supplier/{supplier.pk}/change/", city="Kiruna")
        invoice = {"supplier": str(supplier.pk), "invoice_number": "F1", "invoice_date": "2024-05-02"}
        new = copy.id_of("ledger_voucher", number="P1")
        pages.submit("admin/ledger/supplierinvoice/add/", voucher=str(new), amount="99,50", balance="", **invoice)

    report = copy.check_in()
    assert (report.conflicts, report.refused) == ([], [])
    assert sorted(told(report)) == [
        ("changed", "ledger_entries", "2024-01-01", "A", "1"),
        ("changed", "suppliers", "2001"),
        ("created", "ledger_entries", "2024-01-01", "A", "4"),
        ("created", "supplier_invoices", "1"),
    ]
    landed = Voucher.objects.get(number="4")
    assert [str(row.amount) for row in landed.rows.order_by("row")] == ["99.50", "-99.50"]
    assert [str(row.amount) for row in first.rows.order_by("row")] == ["120.00", "-120.00"]
    assert SupplierInvoice.objects.get().voucher == landed
    assert Supplier.objects.get().city == "Kiruna"
    assert copy.check_in().landed == []
