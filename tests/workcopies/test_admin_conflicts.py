"""Pages of conflicts: who sees what, who may choose, and what is refused."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from lxml.html import document_fromstring

from ledger.models import Supplier
from tests import factories
from tests.workcopies.conflicts import make_conflict
from workcopies import resolving
from workcopies.models import Conflict

pytestmark = pytest.mark.django_db

SEES = ("workcopies.view_conflict", "ledger.view_supplier")
CHOOSES = (*SEES, "workcopies.change_conflict", "ledger.change_supplier")


@pytest.fixture
def supplier() -> Supplier:
    company = factories.CompanyFactory.create(number="100")
    return factories.SupplierFactory.create(company=company, number="2001", bankgiro="5402-9681")


@pytest.fixture
def conflict(supplier: Supplier) -> Conflict:
    return make_conflict(supplier, base={"bankgiro": "5050-1055"}, mine={"bankgiro": "991-2346"})


def person(conflict: Conflict, *permissions: str) -> User:
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, *permissions, company=conflict.company)
    return user


def signed_in(user: User) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


def url_of(conflict: Conflict) -> str:
    return reverse("admin:workcopies_conflict_change", args=[conflict.pk])


def answer(conflict: Conflict, **choices: str) -> dict[str, str]:
    named = {f"choice-{name}": side for name, side in choices.items()}
    return {"seen": resolving.mark_of(resolving.theirs_now(conflict)), "confirmed": "yes", **named}


def in_menu(user: User) -> list[str]:
    """What the menu says of conflicts."""
    page = document_fromstring(signed_in(user).get(reverse("admin:workcopies_conflict_changelist")).text)
    (words,) = (found for link in page.iter("a") if (found := link.text_content().split())[:1] == ["call_split"])
    return words[1:]


def test_the_menu_tells_how_many_wait_of_those_that_one_may_see(conflict: Conflict) -> None:
    other = factories.SupplierFactory.create(company=factories.CompanyFactory.create(number="200"))
    make_conflict(other, base={"city": "Ystad"}, mine={"city": "Lund"})
    assert in_menu(person(conflict, *SEES)) == ["Conflicts", "1"]
    assert in_menu(factories.SuperuserFactory.create()) == ["Conflicts", "2"]
    Conflict.objects.update(status=Conflict.Status.RESOLVED)
    assert in_menu(person(conflict, *SEES)) == ["Conflicts"]


def test_who_may_choose_resolves(conflict: Conflict, supplier: Supplier) -> None:
    client = signed_in(person(conflict, *CHOOSES))
    assert "Continue" in client.get(url_of(conflict)).text
    found = client.post(url_of(conflict), answer(conflict, bankgiro="mine"))
    assert found.status_code == 302
    supplier.refresh_from_db()
    assert supplier.bankgiro == "991-2346"


def test_who_may_only_look_sees_the_sides_and_no_choice(conflict: Conflict, supplier: Supplier) -> None:
    for extra in ((), ("workcopies.change_conflict",), ("ledger.change_supplier",)):
        client = signed_in(person(conflict, *SEES, *extra))
        page = client.get(url_of(conflict)).text
        assert all(value in page for value in ("5050-1055", "991-2346", "5402-9681"))
        assert "Continue" not in page
        assert client.post(url_of(conflict), answer(conflict, bankgiro="mine")).status_code == 403
    supplier.refresh_from_db()
    assert supplier.bankgiro == "5402-9681"


def test_values_are_shown_to_who_may_see_the_register(conflict: Conflict) -> None:
    client = signed_in(person(conflict, "workcopies.view_conflict", "workcopies.change_conflict"))
    found = client.get(url_of(conflict))
    assert found.status_code == 200
    assert not any(value in found.text for value in ("5050-1055", "991-2346", "5402-9681"))
    assert client.post(url_of(conflict), answer(conflict, bankgiro="mine")).status_code == 403


def test_other_companies_conflicts_are_not_there(conflict: Conflict) -> None:
    elsewhere = make_conflict(factories.SupplierFactory.create(), base={"city": "a"}, mine={"city": "b"})
    client = signed_in(person(conflict, *CHOOSES))
    assert client.get(url_of(elsewhere)).status_code == 404
    assert client.post(url_of(elsewhere), answer(elsewhere, city="mine")).status_code == 404
    listed = client.get(reverse("admin:workcopies_conflict_changelist")).text
    assert url_of(conflict) in listed
    assert url_of(elsewhere) not in listed


def test_what_is_not_chosen_or_cannot_be_is_told_and_nothing_is_written(conflict: Conflict, supplier: Supplier) -> None:
    client = signed_in(person(conflict, *CHOOSES))
    assert "Choose a side" in client.post(url_of(conflict), answer(conflict)).text
    assert "Choose a side" in client.post(url_of(conflict), answer(conflict, bankgiro="nobody")).text
    too_long = {**answer(conflict, bankgiro="other"), "other-bankgiro-value": "9" * 30}
    assert "at most 20" in client.post(url_of(conflict), too_long).text
    supplier.refresh_from_db()
    assert supplier.bankgiro == "5402-9681"


def test_nothing_is_written_without_a_confirmation(conflict: Conflict, supplier: Supplier) -> None:
    client = signed_in(person(conflict, *CHOOSES))
    sent = answer(conflict, bankgiro="mine")
    del sent["confirmed"]
    asked = client.post(url_of(conflict), sent)
    assert "Resolve the conflict about Supplier 2001?" in asked.text
    supplier.refresh_from_db()
    assert supplier.bankgiro == "5402-9681"


def test_a_conflict_that_is_closed_is_shown_with_what_became_of_it(conflict: Conflict) -> None:
    client = signed_in(person(conflict, *CHOOSES))
    client.post(url_of(conflict), answer(conflict, bankgiro="mine"))
    page = client.get(url_of(conflict)).text
    assert all(value in page for value in ("5050-1055", "991-2346", "5402-9681", "Resolved by"))
    again = client.post(url_of(conflict), answer(conflict, bankgiro="theirs"), follow=True)
    assert "open any more" in again.text


def test_one_that_was_replaced_leads_to_the_one_that_replaced_it(conflict: Conflict, supplier: Supplier) -> None:
    Conflict.objects.filter(pk=conflict.pk).update(status=Conflict.Status.SUPERSEDED)
    newer = make_conflict(supplier, base={"bankgiro": "1"}, mine={"bankgiro": "2"}, copy=conflict.working_copy)
    page = signed_in(person(conflict, *CHOOSES)).get(url_of(conflict)).text
    assert url_of(newer) in page


@pytest.mark.parametrize("company_knows", [True, False])
def test_the_first_page_tells_of_those_within_reach(conflict: Conflict, company_knows: bool) -> None:
    user = factories.UserFactory.create(is_staff=True)
    company = conflict.company if company_knows else factories.CompanyFactory.create()
    factories.give(user, *SEES, "subscriptions.view_subscription", company=company)
    page = signed_in(user).get(reverse("admin:index")).text
    assert ("1 conflict of working copies" in page) == company_knows


def test_a_side_that_has_deleted_it_says_so(supplier: Supplier) -> None:
    conflict = make_conflict(supplier, base={"bankgiro": "5050-1055"})
    client = signed_in(person(conflict, *CHOOSES, "ledger.delete_supplier"))
    page = client.get(url_of(conflict)).text
    assert "5402-9681" in page
    assert "What is to become of it?" in page
    assert client.post(url_of(conflict), {**answer(conflict), "choice-": "mine"}).status_code == 302
    assert not Supplier.objects.exists()
