"""Two browsers at once: a client switches its office's keys off, and the integration's next call is refused."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from access.belonging import company_permissions
from access.grants import grant_clients
from tests.access.offices import Bureau, make_template
from tests.factories import CompanyFactory, SuperuserFactory, UserFactory, give, make_subscription

COMPANY = "100"
CALLS = ("pending?integration_id=EXOPEN", f"revisions?integration_id=EXOPEN&company={COMPANY}", f"me?company={COMPANY}")


@pytest.fixture
def bureau(live_server: LiveServer) -> Bureau:
    """An accounting office that keeps the books of one company, for which there is a subscription."""
    found = Bureau(clients=[CompanyFactory.create(number=COMPANY, name="Fastighets AB Björken")])
    found.give(*company_permissions())
    make_subscription(
        integration_id="EXOPEN", application=found.application, office=found.office, companies=found.clients
    )
    return found


@pytest.fixture
def integration(browser: Browser, bureau: Bureau, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A browser of the integration's own, which has the office's key and no session."""
    key, text = bureau.make_key()
    template = make_template(*company_permissions(), name="Everything")
    grant_clients(key=key, companies=bureau.clients, template=template, by=SuperuserFactory.create())
    context = browser.new_context(base_url=live_server.url, extra_http_headers={"Authorization": f"Bearer {text}"})
    yield context
    context.close()


@pytest.fixture
def client_page(page: Page, bureau: Bureau, live_server: LiveServer) -> Page:
    """The page of the client's account administrator."""
    administrator = UserFactory.create(username="klienten", is_staff=True)
    give(administrator, "access.administer_account", "access.view_clientaccess", company=bureau.clients[0])
    client, name = Client(), settings.SESSION_COOKIE_NAME
    client.force_login(administrator)
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page.goto(f"{live_server.url}/admin/company/{COMPANY}/accountant/")
    return page


def answers(integration: BrowserContext) -> set[tuple[int, str | None]]:
    """Status and code of each of the integration's calls."""
    found = [integration.request.get(f"/api/v1/{call}") for call in CALLS]
    return {(answer.status, answer.json().get("code")) for answer in found}


def test_the_next_call_after_the_client_switches_the_office_off_is_refused(
    client_page: Page, integration: BrowserContext
) -> None:
    switch = client_page.get_by_role("switch", name="API-åtkomst")
    expect(switch).to_be_checked()
    assert answers(integration) == {(200, None)}

    client_page.locator("label.switch").click()
    client_page.get_by_role("button", name="Spara").click()
    expect(client_page.get_by_text("men dess nycklar får inte användas")).to_be_visible()
    assert answers(integration) == {(404, "not_found")}

    expect(switch).not_to_be_checked()
    client_page.locator("label.switch").click()
    client_page.get_by_role("button", name="Spara").click()
    expect(switch).to_be_checked()
    assert answers(integration) == {(200, None)}
