"""Every page of the admin: by nobody, by people of elsewhere, by who may only look or lacks the right, by who may.

The pages come from the URL map and from `tests.browser.pages`: one that is new is tried here without being named. There
are two companies with their accounting offices, HEMMA and FJARRAN, with rows of every kind; whatever belongs to the
second says so in its texts, so that it is seen wherever it shows.
"""

import io
import logging
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.models import CharField, Model, Q, TextField
from django.test import Client, RequestFactory
from django.urls import get_resolver
from pytest_django import DjangoDbBlocker

from access.belonging import is_of_companies, permissions_of_model, rows_of
from access.http.admin import ReadOnlyAdmin
from access.models import AccessTemplate, ApiKey, Application, ClientAccess, Membership, Office, TermsAcceptance
from access.tokens import give_to_key
from imports.models import FileImport
from imports.rights import NEEDED
from inbox.addresses import switch_on
from inbox.models import IncomingInvoice, InvoiceAddress, MailFile
from information_types import registry
from ledger.models import Account, Balance, Company, OtherDimension
from notices.models import Notice
from onetime_transfer.services import request_transfer
from revisions import fan_out
from revisions.models import TakingIn
from sign_in.models import FailedSignIn
from tests.access.offices import Bureau, grant, make_template
from tests.browser.pages import PAGES
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    OfficeFactory,
    SuperuserFactory,
    UserFactory,
    give,
    make_books,
    make_key,
    make_report,
    make_subscription,
    permission,
)
from tests.inbox.samples import make_to_enter
from tests.matrix import addresses, kept_for_a_module
from tests.registers import make_some_of_each
from tests.workcopies.conflicts import make_conflict
from tests.workcopies.samples import make_check_in, make_copy
from workcopies.models import CheckIn

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("matrix_admin")]

HOME, AWAY = "HEMMA", "FJARRAN"

# For whoever isn't signed in
OPEN = {
    "login",
    "sign_in_code",
    "openid",
    "openid_callback",
    "admin_password_reset",
    "password_reset_done",
    "password_reset_confirm",
}
# For whoever is signed in, whatever they may: about themselves, or empty for who may see nothing
FOR_ALL = {
    "account_choose",
    "autocomplete",
    "find",
    "index",
    "jsi18n",
    "logout",
    "my_accountant",
    "my_add_on",
    "my_employees",
    "my_settings",
    "notices_notice_changelist",
    "notices_notice_look",
    "notices_notice_read",
    "notices_notice_read_all",
    "password_change",
    "password_change_done",
    "recovery_codes",
    "search",
    "sessions",
    "sessions_end",
    "two_factor",
    "two_factor_off",
    "two_factor_on",
    "watch_live",
}
# What the parameters of addresses stand for, where it isn't the model that the address begins with: by name, or by the
# word before it
NAMED: dict[str, type[Model]] = {
    "file": MailFile,
    "employees": Membership,
    "key": ApiKey,
    "keys": ApiKey,
    "terms": TermsAcceptance,
    "user_id": User,
}
# What names of rows in `tests.browser.pages` begin or end with, where it is no model's name
WORDS: dict[str, type[Model]] = {
    "acceptance": TermsAcceptance,
    "address": InvoiceAddress,
    "client": ClientAccess,
    "incoming": IncomingInvoice,
    "import": FileImport,
    "key": ApiKey,
    "member": Membership,
    "taking": TakingIn,
    "template": AccessTemplate,
}
USUAL = {"object_id", "pk", "id", "sequence", "content_type_id", "number"}
# A company chooses its accountant among all offices, by number and name
NAMING_OFFICES = {"accountant", "accountant_offices"}
# What lets people see a kind of rows beside the rights to it
OTHER_RIGHTS: dict[type[Model], tuple[str, ...]] = {
    ApiKey: ("access.administer_users",),
    ClientAccess: ("access.administer_clients",),
    FileImport: NEEDED,
    CheckIn: ("workcopies.check_in",),
}
# Of what people have themselves they may see the list without any right
OWNED = {ApiKey}
# Old addresses
LEADING_ON = {"/admin/imports/fileimport/add/"}
# Tables that signing in and looking write
MOVED_BY_LOOKING = {"django_session", "sign_in_opensession", "axes_accessattempt", "access_profile"}
DENIED = {403, 404}
# What a page that asks first is answered with
POSTED = {"post": "yes", "confirmed": "yes", "_save": "1"}


@dataclass(frozen=True)
class Address:
    """An address of the admin's, its name, and the model that it is of."""

    route: str
    name: str
    model: type[Model] | None

    @property
    def parameters(self) -> list[str]:
        """The names of what stands for rows."""
        return re.findall(r"<(?:[a-z]+:)?(\w+)>", self.route)

    def __str__(self) -> str:
        return self.route


def model_of(route: str) -> type[Model] | None:
    """The model whose name an address begins with."""
    try:
        _admin, app, model, _rest = route.split("/", 3)
        return apps.get_model(app, model)
    except (ValueError, LookupError):
        return None


def every_address() -> Iterator[Address]:
    """Every address of the admin's, but for those of no page at all."""
    for route, pattern in addresses(get_resolver().url_patterns):
        if route.startswith("admin/") and pattern.name:
            yield Address(route, pattern.name, model_of(route))


ADDRESSES = list(every_address())
OF_APPS = [one for one in ADDRESSES if one.name == "app_list"]
OF_ROWS = [one for one in ADDRESSES if one.parameters and one not in OF_APPS and one.name not in OPEN]
OF_NO_ROW = [one for one in ADDRESSES if not one.parameters and one.name not in OPEN]
PAGES_OF_ROWS = [one for one in OF_ROWS if one.route.endswith(("/change/", "/history/"))]
REGISTERED = [model for model in admin.site._registry if model is not Notice]
OF_COMPANIES = [model for model in REGISTERED if is_of_companies(model)]
# Apart from pages that are for whoever administers all companies
OF_OFFICE = [model for model in OF_COMPANIES if model is not Membership]
# Apart from rows that only an office has
OF_COMPANY = [model for model in OF_OFFICE if model not in (AccessTemplate, ClientAccess, Office)]
OF_INSTALLATION = [model for model in REGISTERED if not is_of_companies(model)]


# The world


class Place:
    """A company with its accounting office, and rows of every kind; their texts say the place's name."""

    def __init__(self, name: str, application: Application) -> None:
        self.name = name
        books = make_books(number=name)
        self.company = books.company
        make_some_of_each(books)
        Balance.objects.create(financial_year=books.year, account=books.cash, kind=Balance.Kind.OPENING, amount=1)
        OtherDimension.objects.create(company=self.company, number=20)
        FileImport.objects.create(name="books.se", size=1, company=self.company, status=FileImport.Status.DONE)
        own = CompanyFactory.create(number=f"{name}-OFFICE")
        self.bureau = Bureau(
            office=OfficeFactory.create(name=f"{name} office", company=own),
            clients=[self.company],
            user=self._person("accountant"),
            application=application,
        )
        self.companies = Company.objects.filter(pk__in=[self.company.pk, own.pk])
        self.member = self._person("member")
        self._keys(application)
        copy = make_copy(self.company, by=self.member, name=name)
        make_check_in(copy, by=self.member, status=CheckIn.Status.DONE)
        self.subscription = make_subscription(
            integration_id=name, name=name, application=application, companies=[self.company]
        )
        for _ in range(2):
            request_transfer(subscription=self.subscription, information_type=registry.get("suppliers"))
        make_report(self.subscription, self.company, message=name)
        account = Account.objects.filter(company=self.company)[0]
        make_conflict(account, base={"name": f"{name} before"}, mine={"name": f"{name} mine"})
        make_to_enter(self.company, sender_name=name)
        switch_on(company=self.company, user=self.member)
        books.post(text=name)
        for user in (self.member, self.bureau.user):
            Notice.objects.create(user=user, kind="of an earlier version", url=f"/admin/?{name}")
        self._say_the_name()

    def _person(self, what: str) -> User:
        return UserFactory.create(username=f"{self.name}-{what}", is_staff=True)

    def _keys(self, application: Application) -> None:
        everything = Permission.objects.all()
        give(self.member, company=self.company).permissions.set(everything)
        give(self.bureau.user, office=self.bureau.office).permissions.set(everything)
        template = make_template("ledger.view_supplier", office=self.bureau.office, name=f"{self.name} template")
        key, text = self.bureau.make_key(name=f"{self.name} office key")
        give_to_key(text=text, address=None)
        grant(key, template, self.company)
        for owner in (self._person("colleague"), self.member):
            give(owner, company=self.company)
            _key, text = make_key(owner=owner, application=application, company=self.company, name=f"{self.name} key")
            give_to_key(text=text, address=None)

    def _say_the_name(self) -> None:
        """Put the place's name into texts that may change."""
        for model in OF_COMPANIES:
            fixed = {"number", "code", "public_id", "digest", *getattr(model, "natural_key_fields", ())}
            texts = [
                field.name
                for field in model._meta.concrete_fields
                if isinstance(field, CharField | TextField)
                and field.name in {"name", "text", "voucher_text", "invoice_number", "email"} - fixed
            ]
            if texts and model not in (AccessTemplate, ApiKey, Office):
                self.rows(model).update(**dict.fromkeys(texts, self.name))

    def rows(self, model: type[Model]) -> Any:
        """The place's rows of a model; of what is the installation's, those that are its people's."""
        every: Any = model._default_manager.order_by("pk")
        if model is User:
            return every.filter(username__startswith=self.name)
        if model is Notice:
            return every.filter(user__in=self.rows(User))
        if model is AccessTemplate:
            return every.filter(office=self.bureau.office)
        return every.filter(rows_of(model, self.companies)) if is_of_companies(model) else every

    def pk(self, model: type[Model]) -> Any:
        """The key of one of its rows; of the company's own before the office's."""
        rows = self.rows(model).values_list("pk", flat=True)
        own = rows_of(model, Company.objects.filter(pk=self.company.pk)) if is_of_companies(model) else Q()
        return rows.filter(own).first() or rows.first()

    def url(self, address: Address, *, rows_of: "Place | None" = None) -> str:
        """An address with the place's rows in it; or in the place's account, if it names one, with another's rows."""
        url = address.route
        for count, name in enumerate(address.parameters):
            place = rows_of if rows_of is not None and count > 0 else self
            url = re.sub(rf"<(?:[a-z]+:)?{name}>", str(place.thing(name, address)), url, count=1)
        return f"/{url}"

    def thing(self, name: str, address: Address) -> Any:
        """What stands for a parameter."""
        of_office = address.route.startswith("admin/office/")
        if name == "number":
            return self.bureau.office.company.number if of_office else self.company.number
        if name == "content_type_id":
            return ContentType.objects.get_for_model(Company).pk
        if name == "sequence":
            return 1
        before = address.route.partition(f":{name}>")[0].rpartition("/<")[0].rpartition("/")[2]
        model = NAMED.get(name) or NAMED.get(before) or address.model or Company
        if of_office:
            return self.rows(model).filter(office=self.bureau.office).values_list("pk", flat=True).first()
        return self.pk(model)

    def named(self) -> "Named":
        """What the pages that are named with braces are shown of."""
        return Named(self)


class Named(dict[str, Any]):
    """A row for each name in `tests.browser.pages`: the model's own, or the one that the name ends or begins with."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.models = {str(model._meta.model_name): model for model in apps.get_models()}

    def __missing__(self, name: str) -> Any:
        known = {"sequence": 1, "voucher_number": "A+1", "transferred": self.place.subscription.pk}
        if name in known:
            return known[name]
        words = name.split("_")
        for word in (name, words[-1], words[0]):
            if model := WORDS.get(word) or self.models.get(word):
                return self.place.pk(model)
        raise KeyError(f"{name}: say in WORDS what it stands for")


class World:
    """Both places, and people."""

    def __init__(self) -> None:
        application = ApplicationFactory.create(supports_office_keys=True)
        Group.objects.create(name="A group")
        FailedSignIn.objects.create(username="nobody", failures_since_start=1)
        self.home, self.away = Place(HOME, application), Place(AWAY, application)
        self.superuser = SuperuserFactory.create()
        self.stranger = UserFactory.create(username="stranger", is_staff=True)
        self.auditor = UserFactory.create(username="auditor", is_staff=True)
        looking = Permission.objects.filter(codename__startswith="view_")
        give(self.auditor, company=self.home.company).permissions.set(looking)
        fan_out.drain()

    def viewers(self) -> dict[str, Client]:
        """The people of the first place, who may do all there."""
        return {"member": signed_in(self.home.member), "accountant": signed_in(self.home.bureau.user)}


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are what is asked for here; each would be logged with its traceback. Nobody asks for contexts."""
    caplog.set_level(logging.CRITICAL, logger="django.request")
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_arguments, **_options: None)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept_for_a_module(django_db_blocker):
        with django_db_blocker.unblock():
            made = World()
        yield made


# Asking


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    location: str

    @property
    def is_denied(self) -> bool:
        """Whether nothing of a page was shown."""
        return self.status in DENIED

    @property
    def is_page(self) -> bool:
        """Whether something is shown."""
        return self.status == 200

    def is_like(self, other: "Answer") -> bool:
        """Whether it tells no more than the other does."""
        return (self.status, re.sub(r"\d+", "", self.location)) == (other.status, re.sub(r"\d+", "", other.location))

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether it leads to where one signs in; what asks by itself again and again is answered with nothing."""
        return self.location.startswith("/admin/login/") or (self.status == 204 and not self.text)


def ask(
    client: Client, url: str, method: str = "GET", data: dict[str, Any] | None = None, *, kept: bool = False
) -> Answer:
    """Ask for a page; one that only takes POST is posted to. What it writes is taken back unless it is to be `kept`."""
    with transaction.atomic():
        answer: Any = client.get(url, data) if method == "GET" else client.post(url, data or {})
        if answer.status_code == 405:
            answer = client.post(url, data or {})
        content = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(not kept)
    return Answer(answer.status_code, _text(content), answer.get("Location", ""))


def _text(content: bytes) -> str:
    if content.startswith(b"PK"):  # a workbook
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist())
    return content.decode()


def fingerprint() -> dict[str, Any]:
    """The content of every table, in short."""
    tables = sorted({model._meta.db_table for model in apps.get_models()} - MOVED_BY_LOOKING)
    parts = [f"select '{table}', count(*), sum(hashtext(row::text)::bigint) from {table} row" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts))
        return {table: rest for table, *rest in cursor.fetchall()}


def check(found: dict[str, Answer], is_right: Callable[[Answer], bool]) -> None:
    """Fail with those of the answers that aren't right, in short."""
    assert found
    wrong = [f"{one.status} {one.location} {url}" for url, one in found.items() if not is_right(one)]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# Nothing is forgotten


def test_every_kind_of_row_is_there_in_both_places(world: World) -> None:
    lacking = {
        f"{place.name} {model.__name__}"
        for place in (world.home, world.away)
        for model in [one.model for one in OF_ROWS if one.model and is_of_companies(one.model)]
        if place.pk(model) is None
    }
    assert lacking == set(), "the test has no row of this kind"


def test_for_every_parameter_it_is_known_what_it_stands_for() -> None:
    unknown = {str(one): set(one.parameters) - USUAL - NAMED.keys() for one in OF_ROWS}
    assert {route: names for route, names in unknown.items() if names} == {}, "say it in NAMED"


def test_what_is_for_all_exists() -> None:
    assert {one.name for one in ADDRESSES} >= FOR_ALL | OPEN


# Nobody, and somebody with nothing


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_not_signed_in_is_asked_to(world: World, method: str) -> None:
    nobody = Client()
    closed = [one for one in [*OF_NO_ROW, *OF_ROWS] if one.name != "logout"]
    found = {world.home.url(one): ask(nobody, world.home.url(one), method) for one in closed}
    check(found, lambda one: one.asks_to_sign_in)


def test_who_is_not_of_the_staff_is_asked_to_sign_in_as_somebody_else(world: World) -> None:
    user = UserFactory.create()
    give(user, company=world.home.company).permissions.set(Permission.objects.all())
    client = signed_in(user)
    found = {world.home.url(one): ask(client, world.home.url(one)) for one in OF_ROWS}
    check(found, lambda one: one.asks_to_sign_in)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_has_no_membership_sees_nothing(world: World, method: str) -> None:
    client, before = signed_in(world.stranger), fingerprint()
    for one in ADDRESSES:
        if one.name in FOR_ALL - {"logout"}:
            answer = ask(client, world.home.url(one), method)
            assert HOME not in answer.text, one.route
            assert AWAY not in answer.text, one.route
    closed = [one for one in [*OF_NO_ROW, *OF_ROWS] if one.name not in FOR_ALL]
    found = {world.home.url(one): ask(client, world.home.url(one), method, kept=True) for one in closed}
    check(found, lambda one: one.is_denied or (method == "POST" and one.status == 405))
    assert fingerprint() == before


# What is elsewhere


def check_not_there(world: World, who: str, method: str, address_of: Callable[[Address], str]) -> None:
    """Check that rows of elsewhere are answered 404; or as one's own would be, so that nothing is told."""
    client, before = world.viewers()[who], fingerprint()
    telling = {}
    for one in OF_ROWS:
        if one.model is None or one.model in {User, Notice} or is_of_companies(one.model):
            url = address_of(one)
            answer = ask(client, url, method, POSTED, kept=True)
            own = None if answer.status == 404 else ask(client, world.home.url(one), method, POSTED)
            if own is not None and (answer.is_page or not answer.is_like(own)):
                telling[url] = answer
    if telling:
        check(telling, lambda one: one.status == 404)
    assert fingerprint() == before


@pytest.mark.parametrize(("who", "method"), [("member", "GET"), ("accountant", "GET"), ("accountant", "POST")])
def test_a_row_of_elsewhere_is_not_there(world: World, who: str, method: str) -> None:
    check_not_there(world, who, method, world.away.url)


def test_a_row_of_elsewhere_is_not_there_under_an_address_of_ones_own(world: World) -> None:
    client, before = world.viewers()["accountant"], fingerprint()
    pages = [one for one in OF_ROWS if len(one.parameters) > 1 and "sequence" not in one.parameters]
    found = {}
    for method in ("GET", "POST"):
        for one in pages:
            url = world.home.url(one, rows_of=world.away)
            found[f"{method} {url}"] = ask(client, url, method, POSTED, kept=True)
    check(found, lambda one: one.status in {404, 405})
    assert fingerprint() == before


def searches() -> Iterator[str]:
    """Searches for what is elsewhere, by the beginning of its name, which the page repeats."""
    for path in ("find/", "search/", *(f"{_path(model)}/" for model in OF_COMPANIES)):
        yield f"/admin/{path}?{'s' if path == 'search/' else 'q'}={AWAY[:-1]}"


def named_by_hand(world: World) -> list[str]:
    """Pages with rows of elsewhere in the query too: chosen rows, filters, what a form begins with."""
    urls = [f"/admin/{path.format_map(world.away.named())}" for path in PAGES.values() if "{" in path and "?" in path]
    assert len(urls) > 10
    return urls


def _path(model: type[Model]) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}"


def test_no_page_list_search_or_file_shows_what_is_elsewhere(world: World) -> None:
    client = world.viewers()["accountant"]
    # A workbook has the rows of the other kind of file
    pages = [one for one in [*OF_NO_ROW, *OF_ROWS] if one.name != "logout" and not one.route.endswith("/xlsx/")]
    choosing = [world.home.url(one) for one in pages if one.name in NAMING_OFFICES]
    others = [world.home.url(one) for one in pages if one.name not in NAMING_OFFICES]
    others.append(f"/admin/{_path(Company)}/export/xlsx/")
    found = {url: ask(client, url) for url in [*others, *searches(), *named_by_hand(world)]}
    check(found, lambda one: AWAY not in one.text and one.status < 500)
    own = {world.home.url(one) for one in PAGES_OF_ROWS if one.model in OF_OFFICE}
    check({url: found[url] for url in own}, lambda one: one.status == 200)
    offices = {url: ask(client, url) for url in choosing}
    check(offices, lambda one: AWAY not in re.sub(f"{AWAY}( o|-O)FFICE", "", one.text, flags=re.IGNORECASE))


def test_no_list_or_search_shows_a_member_of_a_company_what_is_elsewhere(world: World) -> None:
    client = world.viewers()["member"]
    lists = [f"/admin/{_path(model)}/" for model in OF_COMPANIES]
    finding = list(searches())[:2]
    found = {url: ask(client, url) for url in [*lists, *finding, "/admin/", "/admin/trace/"]}
    check(found, lambda one: AWAY not in one.text and one.status < 500)


def test_whoever_may_see_all_finds_in_every_list_and_file_what_is_elsewhere(world: World) -> None:
    """So that the tests around this one look at pages that would show it."""
    client = signed_in(world.superuser)
    lists = [f"/admin/{_path(model)}/{page}" for model in OF_COMPANIES for page in ("", "export/csv/")]
    lists += [f"/admin/{_path(Company)}/export/xlsx/"]
    found = {url: ask(client, url) for url in [*lists, f"/admin/find/?q={AWAY[:-1]}"]}
    check(found, lambda one: AWAY in one.text)


def choices() -> Iterator[tuple[type[Model], dict[str, str]]]:
    """Every field that searches as it is written in: the model searched, and what is asked for."""
    for model, its_admin in admin.site._registry.items():
        meta = model._meta
        for name in its_admin.autocomplete_fields:
            searched: Any = meta.get_field(name).related_model
            yield searched, {"app_label": meta.app_label, "model_name": str(meta.model_name), "field_name": name}


def offered(client: Client, asked: dict[str, str]) -> set[str]:
    """The rows that such a field offers."""
    return set(re.findall(r'"id": "(\d+)"', ask(client, "/admin/autocomplete/", data=asked).text))


def test_no_field_that_searches_finds_what_is_elsewhere(world: World) -> None:
    all_seeing, seen = signed_in(world.superuser), set()
    for searched, asked in choices():
        if is_of_companies(searched):
            there = {str(pk) for pk in world.away.rows(searched).values_list("pk", flat=True)}
            for client in world.viewers().values():
                assert not there & offered(client, asked), asked
            seen |= {searched} if there & offered(all_seeing, asked) else set()
    assert len(seen) > 5, "the fields would find it"


def test_no_action_touches_what_is_elsewhere(world: World) -> None:
    client, before, tried = world.viewers()["accountant"], fingerprint(), set()
    request = RequestFactory().get("/")
    request.user = world.home.bureau.user
    for model in OF_COMPANIES:
        chosen = list(world.away.rows(model).values_list("pk", flat=True))
        for name, _label in admin.site._registry[model].get_action_choices(request, []):
            done = {"action": name, ACTION_CHECKBOX_NAME: chosen, **POSTED}
            answer = ask(client, f"/admin/{_path(model)}/", "POST", done, kept=True)
            assert AWAY not in answer.text, (model, name)
            tried.add((model, name))
    assert len(tried) > 20
    # Who took a list home is noted, an empty one too
    assert {table for table, content in fingerprint().items() if content != before[table]} <= {"history_change"}


# Who may only look


def test_who_may_only_look_sees_each_row(world: World) -> None:
    client = signed_in(world.auditor)
    pages = [world.home.url(one) for one in PAGES_OF_ROWS if one.model in OF_COMPANY]
    found = {url: ask(client, url) for url in [*pages, *(f"/admin/{_path(model)}/" for model in OF_OFFICE)]}
    check(found, lambda one: one.status == 200)


def test_who_may_only_look_changes_nothing(world: World) -> None:
    """Whatever is posted, wherever: what isn't refused writes nothing."""
    client, before = signed_in(world.auditor), fingerprint()
    pages = [one for one in [*OF_NO_ROW, *OF_ROWS] if one.name not in FOR_ALL]
    urls = [world.home.url(one) for one in pages]
    urls += [f"/admin/{path.format_map(world.home.named())}" for path in PAGES.values() if "?" in path]
    found = {url: ask(client, url, "POST", POSTED, kept=True) for url in urls}
    forms = {
        f"/admin/{_path(model)}/add/"
        for model in OF_COMPANIES
        if not isinstance(admin.site._registry[model], ReadOnlyAdmin)
    }
    check({url: found[url] for url in forms}, lambda one: one.is_denied)
    check(found, lambda one: one.status < 500)
    changed = {table for table, content in fingerprint().items() if content != before[table]}
    # Who took a list home is noted
    assert changed <= {"history_change"}


# Who lacks the right, and who has it


def test_who_lacks_every_right_to_a_kind_of_row_sees_none_of_its_pages(world: World) -> None:
    found = {}
    membership = Membership.objects.get(user=world.home.member)
    client = signed_in(world.home.member)
    for model in OF_COMPANIES:
        own = [f"{model._meta.app_label}.{codename}" for codename in permissions_of_model(model)]
        lacking = [permission(name) for name in (*own, *OTHER_RIGHTS.get(model, ()))]
        membership.permissions.remove(*lacking)
        for one in [*OF_NO_ROW, *OF_ROWS]:
            if one.model is model and (one.parameters or model not in OWNED):
                for method in ("GET", "POST"):
                    found[f"{method} {world.home.url(one)}"] = ask(client, world.home.url(one), method)
        membership.permissions.add(*lacking)
    check(found, lambda one: one.is_denied or one.status == 405 or one.location in LEADING_ON)


def test_what_is_the_installations_is_for_nobody_of_a_company(world: World) -> None:
    client = world.viewers()["accountant"]
    pages = [one for one in [*OF_NO_ROW, *OF_ROWS] if one.model in set(OF_INSTALLATION) - {User}]
    check({one.route: ask(client, world.home.url(one)) for one in pages}, lambda one: one.is_denied)


def test_who_may_gets_every_page(world: World) -> None:
    """A member of a company; an accounting office's is looked at above."""
    client = world.viewers()["member"]
    pages = [world.home.url(one) for one in PAGES_OF_ROWS if one.model in OF_COMPANY]
    check({url: ask(client, url) for url in pages}, lambda one: one.status == 200)


def test_who_may_do_all_gets_the_pages_of_what_is_the_installations(world: World) -> None:
    client = signed_in(world.superuser)
    pages = [world.home.url(one) for one in PAGES_OF_ROWS if one.model in OF_INSTALLATION]
    lists = [f"/admin/{_path(model)}/" for model in OF_INSTALLATION]
    check({url: ask(client, url) for url in [*pages, *lists]}, lambda one: one.status == 200)
