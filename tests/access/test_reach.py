"""What a person may know of is decided in one place: every list, page and choice of the admin asks it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Model, Q
from django.test import Client
from django.urls import URLPattern

from access import scope
from access.models import ApiKey, Application
from imports.models import FileImport
from information_types import registry
from ledger.models import Balance, Company, FinancialYear, LedgerEntry, OtherDimension, Voucher
from notices.models import Notice
from onetime_transfer.models import Transfer
from onetime_transfer.services import request_transfer
from subscriptions.models import Subscription
from tests import factories
from tests.registers import make_some_of_each

pytestmark = pytest.mark.django_db

OF_NO_COMPANY = {ApiKey, Application, User, Group}


class Nothing(scope.Reach):
    def of(self, _model: type[Model], /) -> Q:
        return Q(pk__in=[])


# One's own messages are nobody else's, whatever the companies; their pages have tests of their own.
MODELS = [model for model in admin.site._registry if model is not Notice]


def pages() -> Iterator[tuple[type[Model], URLPattern]]:
    """Every address of the admin's that is of a model's rows."""
    for model in MODELS:
        for pattern in admin.site._registry[model].get_urls():
            yield model, pattern


OF_ONE_ROW = [(model, pattern) for model, pattern in pages() if pattern.name and "<" in str(pattern.pattern)]


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.SuperuserFactory.create())
    return client


def make_everything(number: str) -> Company:
    """A company with rows of every kind that the admin shows."""
    books = factories.make_books(number=number)
    make_some_of_each(books)
    Balance.objects.create(financial_year=books.year, account=books.cash, kind=Balance.Kind.OPENING, amount=1)
    OtherDimension.objects.create(company=books.company, number=20)
    FileImport.objects.create(name="books.se", size=1, company=books.company, status=FileImport.Status.DONE)
    factories.make_key()
    Group.objects.create(name=f"Readers of {number}")
    subscription = factories.make_subscription(companies=[books.company])
    known = registry.get("suppliers")
    request_transfer(subscription=subscription, information_type=known, company=books.company)
    return books.company


@pytest.fixture
def companies() -> tuple[Company, Company]:
    return make_everything("100"), make_everything("200")


def see(monkeypatch: pytest.MonkeyPatch, reach: scope.Reach) -> None:
    monkeypatch.setattr(scope, "reach_of", lambda _user: reach)


def list_of(browser: Client, model: type[Model]) -> list[Any]:
    """The rows that a list shows."""
    page = browser.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
    assert page.status_code == 200
    return list(page.context["cl"].result_list)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_every_list_shows_what_is_within_reach_alone(
    browser: Client, companies: Any, model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list_of(browser, model), "the test has no row of this kind"
    see(monkeypatch, Nothing())
    assert list_of(browser, model) == []


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_every_list_of_one_company_shows_nothing_of_another(
    browser: Client, companies: tuple[Company, Company], model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _other = companies
    every = len(list_of(browser, model))
    see(monkeypatch, scope.Reach(Company.objects.filter(pk=own.pk)))
    shown = len(list_of(browser, model))
    assert shown > 0
    assert shown == every if model in OF_NO_COMPANY else shown < every


@pytest.mark.parametrize(("model", "pattern"), OF_ONE_ROW, ids=lambda value: getattr(value, "name", None))
def test_no_page_of_a_row_out_of_reach_opens(
    browser: Client, companies: Any, model: type[Model], pattern: URLPattern, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = model._default_manager.values_list("pk", flat=True).first()
    route = re.sub("<[^>]+>", str(key), str(pattern.pattern))
    url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{route}"
    see(monkeypatch, Nothing())
    page = browser.get(url)
    if page.status_code == 302:  # Django's own answer for a row that isn't there
        assert page["Location"] in {"/admin/", f"/admin/{model._meta.app_label}/{model._meta.model_name}/"} or (
            page["Location"].endswith(f"/{key}/change/")  # the old address of a row's page
        )
    else:
        assert page.status_code in {403, 404, 405}


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_form_offers_and_takes_what_is_within_reach_alone(
    browser: Client, companies: Any, model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, Nothing())
    page = browser.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/")
    if page.status_code == 403:
        return
    shown = page.context.get("adminform")
    form = shown.form if shown else page.context["form"]
    for name, field in form.fields.items():
        queryset = getattr(field, "queryset", None)
        if queryset is not None and queryset.model in MODELS:
            assert not queryset.exists(), name


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_search_in_a_form_finds_what_is_within_reach_alone(
    browser: Client, companies: Any, model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    see(monkeypatch, Nothing())
    for name in admin.site._registry[model].autocomplete_fields:
        given = {"app_label": model._meta.app_label, "model_name": model.__name__.lower(), "field_name": name}
        assert browser.get("/admin/autocomplete/", given).json()["results"] == []


def test_years_to_choose_are_those_of_companies_within_reach(
    browser: Client, companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ">2024<" in browser.get("/admin/ledger/voucher/").content.decode()
    see(monkeypatch, Nothing())
    assert ">2024<" not in browser.get("/admin/ledger/voucher/").content.decode()


def test_the_way_to_a_company_is_the_shortest_one() -> None:
    assert scope.path_to_company(Company) == "pk"
    assert scope.path_to_company(Voucher) == "company"
    assert scope.path_to_company(LedgerEntry) == "voucher__company"
    assert scope.path_to_company(Balance) == "financial_year__company"
    assert scope.path_to_company(Transfer) == "company"
    assert scope.path_to_company(ApiKey) is None


def test_whoever_is_limited_to_companies_sees_no_subscription_to_others(
    companies: tuple[Company, Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = companies
    wanted = Subscription.objects.get(companies=own)
    factories.make_subscription()
    factories.make_subscription(companies=[own, other])
    factories.make_subscription(companies=[own], negative_selection=True)
    see(monkeypatch, scope.Reach(Company.objects.filter(pk=own.pk)))
    assert scope.visible(Subscription.objects.all(), AnonymousUser()).get() == wanted
    assert scope.visible_companies(AnonymousUser()).get() == own
    assert scope.visible(FinancialYear.objects.all(), AnonymousUser()).get().company == own
