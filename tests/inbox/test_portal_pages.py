"""The admin's pages of e-mail portals: switched on and off, addresses replaced, accounts that exist."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from history.models import Change
from inbox import addresses
from inbox.models import InvoiceAddress, Portal
from ledger.models import Company
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return factories.make_books(number="100").company


def person(*permissions: str, company: Company | None = None) -> Client:
    user: User = factories.UserFactory.create(is_staff=True)
    factories.give(user, "ledger.view_company", *permissions, company=company)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def told(answer: Any) -> str:
    return "\n".join(str(message) for message in answer.context["messages"])


def page(portal: Portal) -> str:
    return reverse("admin:inbox_portal_change", args=[portal.pk])


def test_a_portal_is_switched_on_in_the_list_and_on_the_companys_page(company: Company) -> None:
    client = person("inbox.view_portal", "inbox.change_portal", company=company)
    other = factories.CompanyFactory.create(number="200")
    made = client.post(reverse("admin:inbox_portal_add"), {"company": company.pk}, follow=True)
    portal = Portal.objects.get()
    assert made.redirect_chain[-1][0] == page(portal)
    assert "is on" in told(made)
    assert str(addresses.current(portal)) in made.content.decode()
    client.post(reverse("admin:inbox_portal_switch-off", args=[portal.pk]))
    part = client.get(reverse("admin:inbox_portal_of-company", args=[company.number])).content.decode()
    assert reverse("admin:inbox_portal_switch-on", args=[company.number]) in part
    client.post(reverse("admin:inbox_portal_switch-on", args=[company.number]))
    assert Portal.objects.get().active
    again = client.post(reverse("admin:inbox_portal_add"), {"company": company.pk})
    assert "has an e-mail portal already" in again.content.decode()
    for name in ("of-company", "switch-on"):
        assert client.post(reverse(f"admin:inbox_portal_{name}", args=[other.number])).status_code == 404
    client.post(reverse("admin:inbox_portal_add"), {"company": other.pk})
    assert Portal.objects.count() == 1


def test_a_replaced_address_works_as_long_as_was_chosen_and_is_ended_before(company: Company) -> None:
    client = person("inbox.view_portal", "inbox.change_portal", company=company)
    portal = addresses.switch_on(company=company)
    first = addresses.current(portal)
    assert first
    question = client.get(reverse("admin:inbox_portal_replace", args=[portal.pk])).content.decode()
    assert 'value="30" checked' in question
    assert client.post(reverse("admin:inbox_portal_replace", args=[portal.pk]), {"choice": "31"}).status_code == 403
    client.post(reverse("admin:inbox_portal_replace", args=[portal.pk]), {"choice": "7"})
    first.refresh_from_db()
    assert first.works_until
    assert timedelta(days=6) < first.works_until - timezone.now() <= timedelta(days=7)
    assert addresses.find(str(first)) == first
    end = reverse("admin:inbox_portal_end", args=[first.pk])
    assert str(first) in client.get(end).content.decode()
    client.post(end)
    assert addresses.find(str(first)) is None
    assert client.get(end).status_code == 404
    assert "1 address has ended" in client.get(page(portal)).content.decode()
    assert Change.objects.filter(subject="inbox.invoiceaddress", object_name=first.local_part).exists()


def test_accounts_are_of_the_companys_chart(company: Company) -> None:
    client = person("inbox.view_portal", "inbox.change_portal", company=company)
    portal = addresses.switch_on(company=company)
    shown = client.get(page(portal)).content.decode()
    assert "The company has no account 2440, which is usual" in shown
    factories.AccountFactory.create(company=company, number="2440", name="Leverantörsskulder")
    factories.AccountFactory.create(company=company, number="2441", name="Gammalt", active=False)
    assert "Empty: 2440 Leverantörsskulder" in client.get(page(portal)).content.decode()
    wrong = client.post(page(portal), {"payable_account": "2441", "vat_account": "9999", "series": "L"})
    assert "no active account 2441" in wrong.content.decode()
    assert "no active account 9999" in wrong.content.decode()
    client.post(page(portal), {"payable_account": "2440", "series": "L"})
    portal.refresh_from_db()
    assert (portal.payable_account, portal.series, portal.vat_account) == ("2440", "L", "")


def test_who_may_only_look_changes_nothing_and_who_may_not_sees_nothing(company: Company) -> None:
    portal = addresses.switch_on(company=company)
    address = InvoiceAddress.objects.get()
    addresses.replace(portal=portal, works_for=timedelta(days=7))
    viewer = person("inbox.view_portal", company=company)
    stranger = person("inbox.view_portal", "inbox.change_portal", company=factories.CompanyFactory.create(number="200"))
    nobody = person(company=company)
    assert viewer.get(page(portal)).status_code == 200
    assert (stranger.get(page(portal)).status_code, nobody.get(page(portal)).status_code) == (404, 403)
    for name, key in (("replace", portal.pk), ("switch-off", portal.pk), ("end", address.pk)):
        path = reverse(f"admin:inbox_portal_{name}", args=[key])
        assert [one.post(path, {"choice": "0"}).status_code for one in (viewer, stranger)] == [403, 404]
    assert viewer.post(reverse("admin:inbox_portal_switch-on", args=[company.number])).status_code == 403
    assert (
        str(addresses.current(portal))
        not in nobody.get(reverse("admin:inbox_portal_of-company", args=[company.number])).content.decode()
    )
    assert addresses.find(str(address)) == address


def test_suppliers_are_told_in_their_own_language(company: Company) -> None:
    client = person("inbox.view_portal", company=company)
    shown = client.get(page(addresses.switch_on(company=company))).content.decode()
    for language in ("sv", "nb", "en"):
        assert f'class="letter" lang="{language}"' in shown
    assert "Skicka fakturor" in shown
