"""The first page follows what happens, and a policy is chosen and kept to, in a browser that reads Swedish."""

import pytest
from playwright.sync_api import Page, Request, expect

from subscriptions.models import BacklogPolicy, Resync, Subscription
from tests import factories
from tests.browser.admin import Admin
from tests.consumers import Consumer
from tests.watch.conftest import queue
from watch import policy, traffic

pytestmark = pytest.mark.django_db(transaction=True)
EVERY = 5_000
LIVE = "/admin/overview/live/"


@pytest.fixture
def subscription() -> Subscription:
    factories.CompanyFactory.create(number="100")
    made = factories.make_subscription("suppliers", integration_id="EXOPEN", name="Exopen")
    Resync.objects.all().delete()
    return made


def asked_for(page: Page) -> list[str]:
    """The requests of the live part from here on."""
    requests: list[str] = []

    def note(request: Request) -> None:
        if LIVE in request.url:
            requests.append(request.url)

    page.on("request", note)
    return requests


def test_the_first_page_follows_what_happens_and_leaves_the_reader_alone(
    admin: Admin, subscription: Subscription
) -> None:
    page, company = admin.page, subscription.selected_companies().get()
    BacklogPolicy.objects.update(warn_rows=2)
    queue(company, 1)
    traffic.read_counters()
    page.clock.install()
    admin.open()
    expect(page.get_by_role("heading", name="Inget behöver dig just nu")).to_be_visible()
    row = page.get_by_role("row", name="EXOPEN")
    expect(row.locator("td.number")).to_have_text("1")
    page.locator("#chart-day summary").click()
    search = page.get_by_role("searchbox")
    search.focus()
    queue(company, 3)
    traffic.read_counters()
    policy.follow_all()
    with page.expect_response(lambda response: LIVE in response.url):
        page.clock.run_for(EVERY)
    expect(page.get_by_role("heading", name="Behöver dig")).to_be_visible()
    expect(page.locator(".needs")).to_contain_text("EXOPEN är över sin gräns: 4 rader i kön")
    expect(row.locator("td.number")).to_have_text("4")
    expect(row).to_contain_text("över gränsen")
    expect(page.locator("#chart-day")).to_have_attribute("open", "")
    expect(page.locator("#chart-day tbody .number").first).to_have_text("4")
    expect(search).to_be_focused()
    Consumer(subscription).fetch()
    policy.follow_all()
    with page.expect_response(lambda response: LIVE in response.url):
        page.clock.run_for(EVERY)
    expect(page.get_by_role("heading", name="Inget behöver dig just nu")).to_be_visible()
    answers = set()
    for _ in range(2):  # a new minute may begin before one of them
        with page.expect_response(lambda response: LIVE in response.url) as answer:
            page.clock.run_for(EVERY)
        answers.add(answer.value.status)
    assert 304 in answers


def test_a_page_that_nobody_looks_at_asks_for_nothing(admin: Admin, subscription: Subscription) -> None:
    page = admin.page
    page.clock.install()
    admin.open()
    requests = asked_for(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    page.clock.run_for(EVERY * 4)
    assert requests == []
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("document.querySelector('#overview').dataset.etag")
    assert len(requests) == 1


def test_a_search_narrows_the_list_while_it_is_typed(admin: Admin, subscription: Subscription) -> None:
    factories.make_subscription("suppliers", integration_id="MERCUR", name="Budget")
    page = admin.page
    admin.open()
    rows = page.locator(".overview-table tbody tr")
    expect(rows).to_have_count(2)
    search = page.get_by_role("searchbox")
    search.press_sequentially("budg")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("MERCUR")
    assert page.url.endswith("/admin/?q=budg&order=need")
    expect(search).to_be_focused()
    search.fill("nobody")
    expect(page.get_by_text("Ingen prenumeration har ”nobody”")).to_be_visible()
    search.fill("")
    expect(rows).to_have_count(2)
    with page.expect_response(lambda response: "order=name" in response.url):
        page.get_by_label("Ordning").select_option("efter integrations-ID")
    expect(rows.first).to_contain_text("EXOPEN")
    page.reload()
    expect(page.get_by_label("Ordning")).to_have_value("name")


def test_a_new_installation_leads_to_its_first_delivery(admin: Admin) -> None:
    page = admin.page
    admin.open()
    steps = page.get_by_role("region", name="Tre steg till den första leveransen")
    expect(steps.get_by_text("klart", exact=True)).to_have_count(0)
    steps.get_by_role("link", name="Importera en SIE- eller SAF-T-fil").click()
    expect(page).to_have_url(f"{page.url.partition('/admin/')[0]}/admin/imports/fileimport/add/")
    factories.CompanyFactory.create()
    admin.open()
    expect(steps.get_by_text("klart", exact=True)).to_have_count(1)
    steps.get_by_role("link", name="Skapa en prenumeration").click()
    expect(page.get_by_label("1. Integrations-ID")).to_be_visible()


def test_a_policy_is_chosen_on_its_page(admin: Admin, subscription: Subscription) -> None:
    factories.UserFactory.create(username="kari", first_name="Kari", last_name="Moen", email="kari@example.com")
    page = admin.page
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    section = page.get_by_role("region", name="Köregel")
    expect(section).to_contain_text(
        "när det är fler än 1 000 000 rader i kön eller den äldsta raden är äldre än 2 dygn"
    )
    section.get_by_role("link", name="Ändra köregeln").click()
    warn, cut = page.get_by_role("region", name="Varna"), page.get_by_role("region", name="Kapa kön")
    expect(warn.get_by_label("Fler rader i kön än")).to_have_value("1\u00a0000\u00a0000")
    cut.get_by_label("Fler rader i kön än").fill("500 000")
    page.get_by_role("button", name="Spara").click()
    expect(page.get_by_role("alert")).to_contain_text("Inget är sparat än")
    expect(cut).to_contain_text("Kön kapas bara efter en varning: sätt en gräns ovan, och en högre här.")
    cut.get_by_label("Fler rader i kön än").fill("2 000 000")
    page.locator(".select2-search__field").fill("kari")
    page.locator(".select2-results__option", has_text="Kari Moen (kari@example.com)").click()
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("body")).to_contain_text("Köregeln är sparad.")
    expect(section).to_contain_text("kari@example.com")
    expect(section).to_contain_text("efter en varning, när det är fler än 2 000 000 rader i kön")
    assert BacklogPolicy.objects.get().cut_rows == 2_000_000
