"""A voucher's button “Reverse”."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from ledger.models import FinancialYear, Voucher
from ledger.services.reversals import reverse_voucher
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books()


def url(voucher: Voucher, page: str = "reverse") -> str:
    return f"/admin/ledger/voucher/{voucher.pk}/{page}/"


def asked(**values: Any) -> dict[str, Any]:
    return {"voucher_date": "2024-02-03", "series": "A", "text": "Taken back", **values}


def test_it_asks_first_with_the_rows_as_they_will_be(admin: Client, books: factories.Books) -> None:
    voucher = books.post(text="Sale")
    assert url(voucher) in admin.get(url(voucher, "change")).content.decode()
    page = admin.get(url(voucher))
    assert page.context["lines"] == [("1910 Kassa", "", "100.00"), ("3001 Försäljning", "100.00", "")]
    assert page.context["form"].initial["text"] == "Reversal of A 1: Sale"
    assert Voucher.objects.count() == 1


def test_the_answer_posts_and_leads_to_the_reversal(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    page = admin.post(url(voucher), asked(), follow=True)
    reversal = Voucher.objects.get(reverses=voucher)
    assert reversal.text == "Taken back"
    assert page.redirect_chain[-1][0] == url(reversal, "change")
    assert "A 1 is reversed by A 2." in text_of(page)
    assert "This voucher reverses A 1." in text_of(page)
    assert LogEntry.objects.get().object_id == str(reversal.pk)


def test_what_is_reversed_tells_so_and_has_no_button(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    reverse_voucher(voucher=voucher)
    page = admin.get(url(voucher, "change"))
    assert "This voucher is reversed by A 2." in text_of(page)
    assert url(voucher) not in page.content.decode()
    again = admin.post(url(voucher), asked(), follow=True)
    assert "The voucher is reversed already, by A 2." in text_of(again)
    assert Voucher.objects.count() == 2


def test_a_locked_day_is_refused_at_its_field_and_another_is_proposed(admin: Client, books: factories.Books) -> None:
    voucher = books.post()
    FinancialYear.objects.filter(pk=books.year.pk).update(locked_until=date(2024, 2, 29))
    page = admin.get(url(voucher))
    assert page.context["form"].initial["voucher_date"] == date(2024, 3, 1)
    assert "is locked, so another day is proposed" in text_of(page)
    refused = admin.post(url(voucher), asked())
    assert refused.status_code == 400
    assert list(refused.context["form"].errors) == ["voucher_date"]
    assert Voucher.objects.count() == 1


def test_it_is_for_who_may_post_in_the_company(books: factories.Books) -> None:
    voucher = books.post()
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, "ledger.view_voucher", company=books.company)
    factories.give(user, "ledger.add_voucher", company=factories.CompanyFactory.create())
    browser = Client()
    browser.force_login(user)
    assert url(voucher) not in browser.get(url(voucher, "change")).content.decode()
    assert browser.post(url(voucher), asked()).status_code == 403
    factories.give(user, "ledger.add_voucher", company=books.company)
    assert browser.post(url(voucher), asked()).status_code == 302
    foreign = factories.make_books().post()
    assert browser.get(url(foreign)).status_code == 404
