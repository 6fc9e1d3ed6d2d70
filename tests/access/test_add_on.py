"""The add-on Integrations: who accepted which terms, and when."""

import pytest
from django.template.loader import render_to_string

from access import terms
from access.add_on import activate, deactivate, is_activated
from access.models import TermsAcceptance
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_order_keeps_who_accepted_which_terms() -> None:
    user, company = factories.UserFactory.create(), factories.CompanyFactory.create()
    assert not is_activated(company=company)
    accepted = activate(by=user, company=company)
    assert (accepted.accepted_by, accepted.version, accepted.ended_at) == (user, terms.CURRENT, None)
    assert is_activated(company=company)
    assert activate(by=factories.UserFactory.create(), company=company) == accepted


def test_ending_it_keeps_the_row_and_a_new_order_makes_another() -> None:
    user, company = factories.UserFactory.create(), factories.CompanyFactory.create()
    first = activate(by=user, company=company)
    assert deactivate(company=company)
    assert not deactivate(company=company)
    assert not is_activated(company=company)
    first.refresh_from_db()
    assert first.ended_at is not None
    second = activate(by=user, company=company)
    assert list(TermsAcceptance.objects.all()) == [second, first]


def test_an_office_orders_for_its_own_company_too_but_not_for_its_clients() -> None:
    office = factories.OfficeFactory.create()
    activate(by=factories.UserFactory.create(), office=office)
    assert is_activated(office=office)
    assert is_activated(company=office.company)
    assert not is_activated(company=factories.CompanyFactory.create())


def test_what_a_company_orders_is_not_its_office_s() -> None:
    office = factories.OfficeFactory.create()
    activate(by=factories.UserFactory.create(), company=office.company)
    assert is_activated(company=office.company)
    assert not is_activated(office=office)


def test_a_new_version_is_accepted_beside_the_old_one_which_counts_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, company = factories.UserFactory.create(), factories.CompanyFactory.create()
    old = activate(by=user, company=company)
    monkeypatch.setattr(terms, "CURRENT", "2.0")
    assert is_activated(company=company)
    new = activate(by=user, company=company)
    old.refresh_from_db()
    assert (new.version, old.ended_at is not None) == ("2.0", True)


@pytest.mark.parametrize("language", [*terms.LANGUAGES, "de", "nb-no"])
def test_the_terms_are_read_in_each_language(language: str) -> None:
    assert "Utkorg" in render_to_string(terms.text_of(terms.CURRENT, language))
