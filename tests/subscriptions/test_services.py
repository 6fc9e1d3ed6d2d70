"""Subscriptions are made and changed through services, and say what they are missing."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from subscriptions.exceptions import EmptyNegativeSelection, IntegrationIdTaken, NoInformationTypes
from subscriptions.models import Resync, Subscription
from subscriptions.services import change_subscription, create_subscription, wish_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def three() -> list[Company]:
    return [factories.CompanyFactory.create(number=number) for number in ("A", "B", "C")]


def types(*names: str) -> Sequence[InformationType]:
    return [registry.get(name) for name in names]


def change(subscription: Subscription, **wish: Any) -> Subscription:
    return change_subscription(subscription=subscription, wish=dataclasses.replace(wish_of(subscription), **wish))


def missing(subscription: Subscription) -> set[tuple[str, str, str]]:
    """What a subscription needs transfers of, and why."""
    return {
        (registry.by_number(found.information_type).name, found.company.number, found.reason)
        for found in Resync.objects.filter(subscription=subscription)
    }


def test_a_new_subscription_is_missing_all_that_it_selects(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", "suppliers", companies=three[:2])
    assert missing(made) == {(name, number, "selected") for name in ("accounts", "suppliers") for number in ("A", "B")}


def test_no_companies_means_all_and_a_negative_selection_all_but_the_chosen(three: list[Company]) -> None:
    everything = factories.make_subscription("accounts")
    but_a = factories.make_subscription("accounts", companies=three[:1], negative_selection=True)
    assert {number for _type, number, _why in missing(everything)} == {"A", "B", "C"}
    assert {number for _type, number, _why in missing(but_a)} == {"B", "C"}
    assert [everything.selects(company) for company in three] == [True, True, True]
    assert [but_a.selects(company) for company in three] == [False, True, True]


def test_a_negative_selection_without_companies_is_refused() -> None:
    with pytest.raises(EmptyNegativeSelection):
        factories.make_subscription(negative_selection=True)
    assert not Subscription.objects.exists()


def test_a_subscription_without_types_is_refused() -> None:
    made = factories.make_subscription()
    with pytest.raises(NoInformationTypes):
        change(made, information_types=[])


def test_an_integration_id_is_of_one_subscription_only() -> None:
    made = factories.make_subscription(integration_id="EXOPEN")
    with pytest.raises(IntegrationIdTaken):
        create_subscription(integration_id="EXOPEN", wish=wish_of(made))
    create_subscription(integration_id="exopen", wish=wish_of(made))


def test_what_is_newly_selected_is_missing(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[:1])
    Resync.objects.all().delete()
    made = change(made, companies=three[:2])
    assert missing(made) == {("accounts", "B", "selected")}
    made = change(made, information_types=types("accounts", "suppliers"))
    assert missing(made) == {
        ("accounts", "B", "selected"),
        ("suppliers", "A", "selected"),
        ("suppliers", "B", "selected"),
    }


def test_a_type_and_a_company_new_at_once_are_missing_together(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[:1])
    Resync.objects.all().delete()
    change(made, companies=three[:2], information_types=types("accounts", "suppliers"))
    assert missing(made) == {
        ("accounts", "B", "selected"),
        ("suppliers", "A", "selected"),
        ("suppliers", "B", "selected"),
    }


def test_what_is_taken_out_is_no_longer_missing(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", "suppliers")
    made = change(made, companies=three[:1], information_types=types("accounts"))
    assert missing(made) == {("accounts", "A", "selected")}


def test_after_reactivation_everything_is_missing(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[:2])
    Resync.objects.all().delete()
    made = change(made, active=False)
    assert missing(made) == set()
    made = change(made, active=True)
    assert missing(made) == {("accounts", "A", "reactivated"), ("accounts", "B", "reactivated")}


def test_a_change_of_name_misses_nothing(three: list[Company]) -> None:
    made = factories.make_subscription()
    Resync.objects.all().delete()
    assert change(made, name="Another").name == "Another"
    assert missing(made) == set()


def test_turning_a_selection_round_misses_what_it_adds(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[:1])
    Resync.objects.all().delete()
    made = change(made, negative_selection=True)
    assert missing(made) == {("accounts", "B", "selected"), ("accounts", "C", "selected")}


def test_a_wish_is_the_subscription_as_it_stands(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[1:], own_changes=False)
    wish = wish_of(made)
    assert wish == wish_of(change_subscription(subscription=made, wish=wish))


def test_transfers_settle_only_what_was_missing_before_they_began(three: list[Company]) -> None:
    made = factories.make_subscription("accounts", companies=three[:2])
    first, second = Resync.objects.filter(subscription=made).order_by("company")
    Resync.objects.settle(
        subscription=made,
        information_type=first.information_type,
        companies=[first.company_id, second.company_id],
        before=first.since,
    )
    assert missing(made) == set()
