"""The history of the configuration: whoever writes and however, who did what from which value to which is in it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import ApiKey, Application
from access.services import authenticate_key, revoke_key
from history.actors import Actor, acting
from history.models import Change
from history.triggers import subjects
from ledger.models import Company, FinancialYear
from revisions import fan_out, queues
from subscriptions.models import Subscription
from subscriptions.services import change_parts, delete_subscription
from tests import factories
from tests.refusals import run_sql

BOOKS = Path(__file__).parents[1] / "data" / "sie"

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return factories.SuperuserFactory.create(username="boss")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def forget() -> None:
    """Begin anew, as if what the test has prepared were of another transaction; tests alone may."""
    run_sql("truncate history_change")


def call(method: str, path: str, key: str, body: dict[str, Any]) -> Any:
    """Ask the API."""
    headers = {"authorization": f"Bearer {key}"}
    return Client().generic(method, path, json.dumps(body), content_type="application/json", headers=headers)


def only(subject: str) -> Change:
    return Change.objects.get(subject=subject)


def test_a_history_is_kept_of_every_kind_of_configuration() -> None:
    assert subjects() == {
        "access.accesstemplate",
        "access.apikey",
        "access.application",
        "access.clientaccess",
        "access.clientgrant",
        "access.membership",
        "access.office",
        "access.termsacceptance",
        "auth.group",
        "auth.user",
        "inbox.invoiceaddress",
        "inbox.portal",
        "ledger.company",
        "ledger.financialyear",
        "sign_in.identity",
        "subscriptions.subscription",
    }


def test_a_new_subscription_is_one_entry_with_its_companies_and_types() -> None:
    company = factories.CompanyFactory.create(number="100")
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN", companies=[company])
    entry = only("subscriptions.subscription")
    assert (entry.kind, entry.object_id, entry.object_name) == ("created", subscription.pk, "EXOPEN A subscription")
    assert entry.changes["integration_id"] == [None, "EXOPEN"]
    assert entry.changes["application"] == [None, subscription.application.name]
    assert entry.changes["companies"] == {"added": ["100"]}
    assert entry.changes["information_types"] == {"added": [subscription.information_types[0].number]}


def test_a_change_holds_what_was_before_and_what_is_after() -> None:
    first, second = factories.CompanyFactory.create_batch(2)
    subscription = factories.make_subscription("suppliers", companies=[first])
    forget()
    change_parts(subscription=subscription, active=False, companies=[second])
    entry = only("subscriptions.subscription")
    assert entry.kind == "changed"
    assert entry.changes == {
        "active": [True, False],
        "companies": {"added": [second.number], "removed": [first.number]},
    }


def test_a_save_that_changes_nothing_is_no_entry() -> None:
    subscription = factories.make_subscription("suppliers")
    forget()
    change_parts(subscription=subscription)
    assert not Change.objects.exists()


def test_a_deletion_holds_what_was_lost() -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    forget()
    delete_subscription(subscription=subscription)
    entry = only("subscriptions.subscription")
    assert (entry.kind, entry.object_name) == ("deleted", "EXOPEN A subscription")
    assert entry.changes["integration_id"] == ["EXOPEN", None]


def test_bulk_writes_and_raw_sql_are_in_it() -> None:
    factories.CompanyFactory.create_batch(3)
    forget()
    Company.objects.update(active=False)
    assert Change.objects.filter(subject="ledger.company", changes={"active": [True, False]}).count() == 3
    with connection.cursor() as cursor:
        cursor.execute("update ledger_company set currency = 'NOK'")
    assert Change.objects.filter(changes__currency=["SEK", "NOK"]).count() == 3


def test_a_locked_period_is_in_it_with_its_company() -> None:
    year = factories.FinancialYearFactory.create()
    forget()
    FinancialYear.objects.filter(pk=year.pk).update(locked_until="2024-06-30")
    entry = only("ledger.financialyear")
    assert entry.company == year.company
    assert entry.object_name == f"{year.company.number} 2024-01-01"
    assert entry.changes == {"locked_until": [None, "2024-06-30"]}


def test_rights_given_and_taken_are_in_it() -> None:
    clerk = factories.UserFactory.create(username="clerk")
    readers = Group.objects.create(name="Readers")
    forget()
    clerk.user_permissions.add(factories.permission("ledger.view_voucher"))
    clerk.groups.add(readers)
    readers.permissions.add(factories.permission("ledger.view_account"))
    clerk.groups.clear()
    person = only("auth.user")
    assert person.object_name == "clerk"
    assert person.changes["user_permissions"] == {"added": ["ledger.view_voucher"]}
    assert person.changes["groups"] == {"added": ["Readers"], "removed": ["Readers"]}
    assert only("auth.group").changes == {"permissions": {"added": ["ledger.view_account"]}}


def test_a_key_is_in_it_without_its_secret() -> None:
    key, text = factories.make_key(name="Books")
    revoke_key(key=key)
    entry = only("access.apikey")
    assert entry.object_name == f"Books ({key.public_id})"
    assert entry.changes["owner"] == [None, key.owner.username]
    assert entry.changes["revoked_at"][1].startswith(f"{timezone.now():%Y-%m-%d}")
    told = str(list(Change.objects.values()))
    assert key.digest not in told
    assert text.split("_")[2] not in told


def test_that_a_password_was_changed_is_in_it_but_not_the_password() -> None:
    clerk = factories.UserFactory.create(username="clerk")
    forget()
    clerk.set_password("correct horse")
    clerk.save()
    assert only("auth.user").changes == {"password": ["•••", "•••"]}
    assert clerk.password not in str(list(Change.objects.values()))


def test_using_a_key_leaves_no_entry(client: Client) -> None:
    key, text = factories.make_key()
    forget()
    authenticate_key(text)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    assert not Change.objects.exists()


def test_what_is_changed_in_the_admin_is_of_who_is_signed_in(browser: Client, boss: User) -> None:
    application = factories.ApplicationFactory.create(name="Exopen")
    forget()
    browser.post(f"/admin/access/application/{application.pk}/change/", {"name": "Exopen 2", "vendor": "Maker"})
    entry = only("access.application")
    assert (entry.user, entry.user_name, entry.via) == (boss, "boss", "admin")
    assert entry.changes["name"] == ["Exopen", "Exopen 2"]


def test_what_is_changed_over_rest_is_of_the_key_and_its_owner() -> None:
    key, text = factories.make_key(name="Books")
    subscription = factories.make_subscription("suppliers", application=key.application)
    forget()
    answer = call("PATCH", f"/api/v1/subscriptions/{subscription.integration_id}", text, {"active": False})
    assert answer.status_code == 200
    entry = only("subscriptions.subscription")
    assert (entry.user, entry.key_name, entry.via) == (key.owner, f"Books ({key.public_id})", "api")


def test_what_a_command_makes_is_the_commands(boss: User, capsys: Any) -> None:
    forget()
    call_command("create_key", "--user", "boss", "--application", "Exopen", "--name", "Books")
    assert {entry.via for entry in Change.objects.all()} == {"create_key"}
    assert Application.objects.get().name == only("access.application").object_name


def test_what_a_file_brings_is_of_the_command_that_imports_it(capsys: Any) -> None:
    call_command("import_sie", str(BOOKS / "fortnox-2-typ4.se"))
    assert {entry.via for entry in Change.objects.filter(subject="ledger.company")} == {"import_sie"}


def test_who_acted_is_forgotten_with_the_request() -> None:
    with acting(Actor(user_name="somebody")), transaction.atomic():
        factories.ApplicationFactory.create(name="First")
    with connection.cursor() as cursor:
        cursor.execute("select set_config('utkorg.actor', '', true)")  # as the end of a transaction does
    factories.ApplicationFactory.create(name="Second")
    assert {entry.object_name: entry.user_name for entry in Change.objects.all()} == {"First": "somebody", "Second": ""}


def test_the_ways_of_the_data_are_told_nobody() -> None:
    key, text = factories.make_key()
    subscription = factories.make_subscription("suppliers", application=key.application)
    with CaptureQueriesContext(connection) as queries:
        call("POST", "/api/v1/revisions/take", text, {"integration_id": subscription.integration_id})
    assert not [query for query in queries if "utkorg.actor" in (query["sql"] or "")]  # none where it is prepared


def test_who_emptied_which_queue_is_in_it(browser: Client, boss: User) -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    factories.SupplierFactory.create_batch(3)
    fan_out.drain()
    forget()
    queues.cut(subscription=subscription, by=boss)
    entry = only("subscriptions.subscription")
    assert (entry.kind, entry.user, entry.object_id) == ("emptied", boss, subscription.pk)
    assert entry.changes == {"rows": [3, None], "epoch": [1, 2]}
    page = browser.get(f"/admin/subscriptions/subscription/{subscription.pk}/history/").content.decode()
    assert "Emptied" in page


def test_who_took_which_list_is_in_it(browser: Client, boss: User) -> None:
    factories.SupplierFactory.create_batch(3)
    forget()
    list(browser.get("/admin/ledger/supplier/export/csv/?q=Supplier").streaming_content)  # type: ignore[attr-defined]
    entry = only("ledger.supplier")
    assert (entry.kind, entry.user) == ("exported", boss)
    assert entry.changes == {"form": [None, "CSV"], "rows": [None, 3], "filter": [None, "q=Supplier"]}


def test_the_page_tells_who_did_what_and_is_filtered(browser: Client, boss: User) -> None:
    factories.make_subscription("suppliers", integration_id="EXOPEN")
    with acting(Actor(user_id=boss.pk, user_name="boss", via="admin")), transaction.atomic():
        change_parts(subscription=Subscription.objects.get(), active=False)
    page = browser.get("/admin/history/change/").content.decode()
    for text in ("EXOPEN", "boss", "Active", "<ins>+ Suppliers</ins>"):
        assert text in page
    for query, count in (
        ("subject=subscriptions.subscription", 1),
        ("subject=access.application", 1),
        ("kind__exact=deleted", 0),
        ("q=EXO", 1),
        ("at_from=2001-01-01&at_to=2001-01-02", 0),
    ):
        assert len(browser.get(f"/admin/history/change/?{query}").context["cl"].result_list) == count, query
    entry = only("subscriptions.subscription")
    assert browser.get(f"/admin/history/change/{entry.pk}/change/").status_code == 200
    assert browser.post(f"/admin/history/change/{entry.pk}/change/", {}).status_code == 403
    assert browser.post(f"/admin/history/change/{entry.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "text"),
    [("subscriptions/subscription", "EXOPEN"), ("ledger/company", "100"), ("access/application", "Exopen")],
)
def test_the_history_button_of_an_object_leads_to_its_own(browser: Client, path: str, text: str) -> None:
    company = factories.CompanyFactory.create(number="100")
    application = factories.ApplicationFactory.create(name="Exopen")
    factories.make_subscription("suppliers", integration_id="EXOPEN", application=application, companies=[company])
    (row,) = browser.get(f"/admin/{path}/").context["cl"].result_list
    page = browser.get(f"/admin/{path}/{row.pk}/history/").content.decode()
    assert "Created" in page
    assert text in page
    assert browser.get(f"/admin/{path}/9999999/history/").status_code in {302, 404}


def test_a_register_keeps_djangos_history(browser: Client) -> None:
    supplier = factories.SupplierFactory.create()
    assert browser.get(f"/admin/ledger/supplier/{supplier.pk}/history/").status_code == 200


def test_only_who_may_reads_it() -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get("/admin/history/change/").status_code == 403
    factories.give(clerk, "history.view_change")
    assert client.get("/admin/history/change/").status_code == 200
