"""An import beside others who write: it compares with what is there, not with what was."""

import io
from decimal import Decimal

import pytest

from ledger.models import LedgerEntry, Voucher
from ledger.sie.importing import import_sie_file
from tests.connections import Together, connect, wait_until, waiters

pytestmark = pytest.mark.django_db(transaction=True)

BOOKS = """#SIETYP 4
#FNAMN "Bolaget AB"
#FNR 7
#RAR 0 20240101 20241231
#KONTO 1910 Kassa
#KONTO 3010 "Sales"
#VER A 1 20240301 "Dagskassa"
{{
#TRANS 1910 {{}} {amount}
#TRANS 3010 {{}} -{amount}
}}
"""


def import_books(amount: str) -> None:
    import_sie_file(source=io.BytesIO(BOOKS.format(amount=amount).encode()), name="books.se")


def test_a_voucher_changed_by_another_meanwhile_ends_as_the_file_says() -> None:
    import_books("100.00")
    pk = Voucher.objects.get().pk
    with connect() as other, Together() as threads:
        other.execute("update ledger_ledgerentry set text = 'kept', amount = amount * 2 where voucher_id = %s", [pk])
        imported = threads.start(import_books, "300.00")
        wait_until(lambda: waiters() == 1)
        other.commit()
        imported.result()
    rows = LedgerEntry.objects.order_by("row").values_list("row", "amount", "text")
    assert list(rows) == [(1, Decimal(300), ""), (2, Decimal(-300), "")]
