"""The admin's first page, its menu, and its languages."""

import pytest
from django.conf import settings
from django.contrib import admin as django_admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from config.settings.look import NAVIGATION
from information_types import registry
from onetime_transfer import running, services
from tests import factories
from tests.ledger.admin_client import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in()


def test_an_empty_installation_shows_the_steps_to_the_first_delivery(admin: Client) -> None:
    assert "Three steps to the first delivery" in text_of(admin.get("/admin/"))


def test_the_first_page_shows_every_subscription_and_what_needs_a_person(admin: Client) -> None:
    factories.CompanyFactory.create()
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    running.fail(transfer_id=transfer.pk, error="Disk full")
    text = text_of(admin.get("/admin/"))
    assert "EXOPEN: 1 register needs a new transfer" in text
    assert "EXOPEN: the transfer of Suppliers has failed" in text
    assert "EXOPEN A subscription Active needs a new transfer 0" in text


def test_a_transfer_that_was_repeated_needs_nobody(admin: Client) -> None:
    subscription = factories.make_subscription("suppliers")
    for fails in (True, False):
        transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
        if fails:
            running.fail(transfer_id=transfer.pk, error="Disk full")
        else:
            running.run(transfer_id=transfer.pk)
    assert "Nothing needs you right now" in text_of(admin.get("/admin/"))


def test_many_subscriptions_take_no_more_queries_than_one(admin: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert admin.get("/admin/").status_code == 200
        return len(captured)

    factories.CompanyFactory.create()
    factories.make_subscription()
    queries()
    few = queries()
    for _ in range(30):
        factories.make_subscription()
    assert queries() == few


def test_who_may_see_nothing_gets_a_page_all_the_same() -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    client = Client()
    client.force_login(clerk)
    text = text_of(client.get("/admin/"))
    assert "You aren't a member of any company yet" in text
    assert "Vouchers" not in text


def test_the_menu_leads_to_every_register() -> None:
    links = {str(item["link"]) for group in NAVIGATION for item in group["items"]}
    missing = {
        model._meta.label
        for model in django_admin.site._registry
        if reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") not in links
    }
    assert missing == set()


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_page_opens_in_every_language(admin: Client, language: str) -> None:
    for model in django_admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        page = admin.get(address, headers={"accept-language": language})
        assert page.status_code == 200
        assert f'lang="{language}"' in page.content.decode()


@pytest.mark.parametrize(("language", "word"), [("sv", "bokföringsrad"), ("nb", "posteringslinje")])
def test_the_glossarys_words_are_used(language: str, word: str) -> None:
    with translation.override(language):
        assert str(registry.get("ledger_entries").model._meta.verbose_name) == word


def test_the_language_is_switched_from_the_menu(admin: Client) -> None:
    page = admin.post("/i18n/setlang/", {"language": "nb", "next": "/admin/"}, follow=True)
    assert 'lang="nb"' in page.content.decode()
    assert "Abonnementer" in text_of(page)
