"""What a person may know of is decided in one place: every list, page and choice of the admin asks it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern
from pytest_django import DjangoDbBlocker

from access import scope
from access.models import AccessTemplate, ApiKey, Application, ClientAccess, Membership
from ledger.models import Balance, Company, FinancialYear, LedgerEntry, Voucher
from notices.models import Notice
from onetime_transfer.models import Transfer
from sign_in.models import FailedSignIn
from subscriptions.models import Subscription
from tests import factories
from tests.access.everything import make_everything, member_of, sign_in
from tests.matrix import kept_for_a_module

pytestmark = pytest.mark.django_db

# Rights to these are no company's to give.
OF_THE_INSTALLATION = (Application, FailedSignIn, Group, Membership, User)
# One's own messages are nobody else's, whatever the companies; their pages have tests of their own.
MODELS = [model for model in admin.site._registry if model is not Notice]
OF_COMPANIES = [model for model in MODELS if model not in OF_THE_INSTALLATION]
# Only people of the office see its clients, whoever else may know of the company.
OF_OFFICES = {ClientAccess}


def pages() -> Iterator[tuple[type[Model], URLPattern]]:
    """Every address of the admin's that is of a model's rows."""
    for model in MODELS:
        for pattern in admin.site._registry[model].get_urls():
            yield model, pattern


OF_ONE_ROW = [(model, pattern) for model, pattern in pages() if pattern.name and "<" in str(pattern.pattern)]


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Company, Company]]:
    with kept_for_a_module(django_db_blocker):
        with django_db_blocker.unblock():
            made = make_everything("100"), make_everything("200")
        yield made


@pytest.fixture
def everybody() -> Client:
    """A superuser's browser."""
    return sign_in(factories.SuperuserFactory.create())


@pytest.fixture
def own(companies: tuple[Company, Company]) -> Client:
    """The browser of a member of the first company."""
    return sign_in(member_of(companies[0]))


@pytest.fixture
def stranger(companies: tuple[Company, Company]) -> Client:
    """The browser of a member of a company that has nothing."""
    return sign_in(member_of(factories.CompanyFactory.create(number="900")))


def list_of(browser: Client, model: type[Model]) -> list[Any]:
    """The rows that a list shows."""
    page = browser.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/")
    assert page.status_code == 200
    rows = list(page.context["cl"].result_list)
    # A delivered template is everybody's.
    return [row for row in rows if row.office_id is not None] if model is AccessTemplate else rows


@pytest.mark.parametrize("model", [model for model in OF_COMPANIES if model not in OF_OFFICES], ids=str)
def test_every_list_shows_the_rows_of_ones_own_company_alone(
    everybody: Client, own: Client, stranger: Client, model: type[Model]
) -> None:
    every = {row.pk for row in list_of(everybody, model)}
    shown = {row.pk for row in list_of(own, model)}
    assert shown, "the test has no row of this kind"
    assert shown < every
    assert shown.isdisjoint(row.pk for row in list_of(stranger, model))


@pytest.mark.parametrize("model", OF_THE_INSTALLATION, ids=str)
def test_what_is_of_no_company_is_no_companys_members_to_see(own: Client, companies: Any, model: type[Model]) -> None:
    start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    key = model._default_manager.values_list("pk", flat=True).first()
    for page in ("", "add/", f"{key}/change/", f"{key}/delete/", f"{key}/history/", "export/csv/"):
        assert own.get(start + page).status_code in {403, 404}
        assert own.post(start + page).status_code in {403, 404}


@pytest.mark.parametrize("verb", ["get", "post"])
@pytest.mark.parametrize(("model", "pattern"), OF_ONE_ROW, ids=lambda value: getattr(value, "name", None))
def test_no_page_of_a_row_out_of_reach_opens(
    own: Client, companies: tuple[Company, Company], model: type[Model], pattern: URLPattern, verb: str
) -> None:
    foreign = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    route = re.sub("<[^>]+>", str(foreign), str(pattern.pattern))
    page = getattr(own, verb)(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{route}")
    if page.status_code == 302:
        assert page["Location"].endswith(f"/{foreign}/change/")  # the old address of a row's page
    elif page.status_code != 404:
        # Of what nobody may do to any row of the kind, or by a link, no row is looked for.
        refused = sign_in(factories.SuperuserFactory.create()) if model in OF_COMPANIES else own
        assert page.status_code in {403, 405}
        assert getattr(refused, verb)(page.wsgi_request.path).status_code in {403, 405}


@pytest.mark.parametrize("model", OF_COMPANIES, ids=str)
def test_a_form_offers_and_takes_what_is_within_reach_alone(
    stranger: Client, companies: tuple[Company, Company], model: type[Model]
) -> None:
    page = stranger.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/")
    if page.status_code in (403, 404):
        return
    shown = page.context.get("adminform")
    form = shown.form if shown else page.context.get("form")
    if form is None:
        return  # a page that leads to another first
    for name, field in form.fields.items():
        queryset = getattr(field, "queryset", None)
        if queryset is None or queryset.model not in OF_COMPANIES:
            continue
        foreign = scope.within(queryset.model._default_manager.all(), member_of(companies[0]), None)
        assert not queryset.filter(pk__in=foreign.values("pk")).exists(), name


@pytest.mark.parametrize("model", OF_COMPANIES, ids=str)
def test_a_search_in_a_form_finds_what_is_within_reach_alone(
    stranger: Client, companies: tuple[Company, Company], model: type[Model]
) -> None:
    for name in admin.site._registry[model].autocomplete_fields:
        sought = model._meta.get_field(name).related_model
        given = {"app_label": model._meta.app_label, "model_name": model.__name__.lower(), "field_name": name}
        answer = stranger.get("/admin/autocomplete/", given)
        if sought in OF_COMPANIES:
            found = {int(one["id"]) for one in answer.json()["results"]}
            assert found.isdisjoint(company.pk for company in companies)
            assert sought is Company or not found


@pytest.mark.parametrize("model", OF_COMPANIES, ids=str)
def test_a_list_names_nothing_foreign_that_its_address_names(
    stranger: Client, companies: tuple[Company, Company], model: type[Model]
) -> None:
    start = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for field in ("company", "voucher__company", "financial_year__company"):
        page = stranger.get(f"{start}?{field}__id__exact={companies[0].pk}", follow=True)
        assert page.status_code in {200, 400}  # 400: the list can't be narrowed so
        assert companies[0].name not in page.content.decode()


def test_years_to_choose_are_those_of_companies_within_reach(own: Client, stranger: Client) -> None:
    assert ">2024<" in own.get("/admin/ledger/voucher/").content.decode()
    assert ">2024<" not in stranger.get("/admin/ledger/voucher/").content.decode()


def test_the_way_to_a_company_is_the_shortest_one() -> None:
    assert scope.path_to_company(Company) == "pk"
    assert scope.path_to_company(Voucher) == "company"
    assert scope.path_to_company(LedgerEntry) == "voucher__company"
    assert scope.path_to_company(Balance) == "financial_year__company"
    assert scope.path_to_company(Transfer) == "company"
    assert scope.path_to_company(ApiKey) == "company"
    assert scope.path_to_company(Application) is None


def test_whoever_is_limited_to_companies_sees_no_subscription_to_others(companies: tuple[Company, Company]) -> None:
    own, other = companies
    wanted = Subscription.objects.get(companies=own)
    factories.make_subscription()
    factories.make_subscription(companies=[own, other])
    factories.make_subscription(companies=[own], negative_selection=True)
    user = member_of(own)
    assert scope.visible(Subscription.objects.all(), user).get() == wanted
    assert scope.visible_companies(user).get() == own
    assert scope.visible(FinancialYear.objects.all(), user).get().company == own
