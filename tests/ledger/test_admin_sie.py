"""SIE files by upload: counts and balances, or the error with file, line, reason and what to do."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ledger.models import Company, Voucher
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db
SIE = "/admin/ledger/company/import-sie/"
SAMPLE = Path(__file__).parent.parent.parent / "config" / "sample" / "avendo-ovningsbolaget-typ4.se"


@pytest.fixture
def admin() -> Client:
    return signed_in()


def upload(admin: Client, content: bytes, **fields: str) -> Any:
    """Return the answer to a file sent by the page's form."""
    return admin.post(SIE, {"file": SimpleUploadedFile("books.se", content), **fields})


def test_a_file_is_imported_and_its_counts_are_shown(admin: Client) -> None:
    page = text_of(upload(admin, SAMPLE.read_bytes()))
    assert "books.se is imported" in page
    assert "Vouchers 163 Rows 671" in page
    assert "New vouchers 163" in page
    assert Voucher.objects.count() == 163


def test_the_same_file_again_changes_nothing(admin: Client) -> None:
    for _ in range(2):
        page = text_of(upload(admin, SAMPLE.read_bytes()))
    assert "New vouchers 0" in page
    assert "Unchanged vouchers 163" in page


def test_a_company_number_may_be_given(admin: Client) -> None:
    upload(admin, SAMPLE.read_bytes(), company="0007")
    assert Company.objects.get().number == "0007"


def test_a_broken_file_is_refused_with_line_reason_and_advice(admin: Client) -> None:
    lines = SAMPLE.read_bytes().replace(b"\r\n", b"\n").split(b"\n")
    place = next(number for number, line in enumerate(lines) if line.strip().startswith(b"#TRANS"))
    lines[place] = b'#TRANS 1910 {} 12,x "" ""'
    page = text_of(upload(admin, b"\n".join(lines)))
    assert "Nothing of the file is imported" in page
    assert f"Line {place + 1} " in page
    assert "What to do" in page
    assert not Voucher.objects.exists()


def test_something_else_than_sie_is_refused(admin: Client) -> None:
    page = upload(admin, b"%PDF-1.7 <script>alert(1)</script>")
    assert "Nothing of the file is imported" in text_of(page)
    assert "<script>alert(1)" not in page.content.decode()


def test_a_file_is_needed_and_a_company_number_has_a_form(admin: Client) -> None:
    page = admin.post(SIE, {"company": "å"})
    assert set(page.context["form"].errors) == {"file", "company"}
