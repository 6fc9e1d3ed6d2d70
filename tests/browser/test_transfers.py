"""One-off transfers in a browser that reads Swedish: asked for, followed live, stopped, taken up again, told of."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from information_types import registry
from ledger.models import Account
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription
from tests import factories
from tests.browser.admin import Admin
from tests.concurrency.installation import Installation
from tests.connections import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ONE_CHUNK = """
import time
from onetime_transfer import running
running._begin({pk})
clock = running.Clock()
running._count({pk}, clock)
running._write_chunk({pk}, clock)
time.sleep(60)
"""
ADD = "onetime_transfer/transfer/add/"


@pytest.fixture
def installation() -> Iterator[Installation]:
    """Real workers, on the test's database."""
    with Installation() as made:
        yield made


@pytest.fixture
def books() -> factories.Books:
    books = factories.make_books(number="100")
    for _ in range(3):
        books.post()
    return books


@pytest.fixture
def subscription(books: factories.Books) -> Subscription:
    return factories.make_subscription("ledger_entries", "suppliers", "supplier_invoices", integration_id="EXOPEN")


def press(page: Page, name: str) -> None:
    """Press a button of the page's own, not of the menu."""
    page.locator("#content").get_by_role("button", name=name, exact=True).click()


def test_a_transfer_is_asked_for_with_its_size_told_first(admin: Admin, subscription: Subscription) -> None:
    factories.make_subscription("suppliers", integration_id="OTHER")
    page = admin.page
    admin.open(ADD)
    expect(page.locator("#transfer-estimate")).to_contain_text("Välj prenumeration och informationstyp")
    admin.choose(page.locator("#id_subscription"), "EXO", "EXOPEN")
    types = page.get_by_label("2. Informationstyp")
    expect(types.locator("option")).to_have_count(4)
    types.select_option("Bokföring")
    expect(page.get_by_label("Endast aktiva")).to_have_count(0)
    page.get_by_role("button", name="Alla år").click()
    for name, month in (("Från period", "01"), ("Till period", "12")):
        expect(page.get_by_label(name, exact=True)).to_have_value(month)
        expect(page.get_by_label(f"År ({name})")).to_have_value("2024")
    expect(page.get_by_role("button", name="Alla år")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#transfer-estimate")).to_contain_text("6 rader, ungefär 2 sekunder")
    admin.choose(page.locator("#id_company"), "100", "100")
    expect(page.locator("#transfer-estimate")).to_contain_text("6 rader")
    press(page, "Överför")
    expect(page.get_by_role("status")).to_contain_text("Väntar")
    assert Transfer.objects.get().company == subscription.selected_companies().get()


def test_a_types_own_parameters_are_shown_and_all_mistakes_at_once(admin: Admin, subscription: Subscription) -> None:
    page = admin.page
    admin.open(f"{ADD}?subscription={subscription.pk}")
    month, active, day = (
        page.get_by_label(name, exact=True) for name in ("Från period", "Endast aktiva", "Från datum")
    )
    for choice, shown in (("Leverantörer", active), ("Leverantörsfakturor", day), ("Bokföring", month)):
        page.get_by_label("2. Informationstyp").select_option(choice)
        for field in (month, active, day):
            expect(field).to_have_count(1 if field is shown else 0)
    press(page, "Överför")
    expect(page.locator("#transfer-parameters li")).to_have_count(2)


def test_one_that_is_just_the_same_is_warned_of(admin: Admin, subscription: Subscription) -> None:
    page = admin.page
    for _ in range(2):
        admin.open(f"{ADD}?subscription={subscription.pk}&information_type=suppliers")
        press(page, "Överför")
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_contain_text("Precis samma överföring pågår redan")
    press(page, "Överför en gång till")
    expect(page.get_by_role("status")).to_contain_text("Väntar")
    assert Transfer.objects.count() == 2


def test_a_worker_runs_it_and_the_page_follows_it_live(
    admin: Admin, subscription: Subscription, installation: Installation
) -> None:
    page = admin.page
    query = f"subscription={subscription.pk}&information_type=ledger_entries&period_from=2024-01&period_to=2024-12"
    admin.open(f"{ADD}?{query}")
    press(page, "Överför")
    expect(page.get_by_role("status")).to_contain_text("Väntar")
    for name in ("worker", "beat"):
        installation.start(name)
    expect(page.get_by_role("status")).to_contain_text("Överföringen är genomförd", timeout=60_000)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(page.locator("#transfer-outcome")).to_contain_text("6 rader lades i kö för integrationen")
    expect(page.get_by_role("region", name="Rader per bolag")).to_contain_text("100")
    # … and whoever started it is told, on this page and on others.
    expect(page.get_by_role("log")).to_contain_text("Överföringen är genomförd")
    expect(page.get_by_role("log")).to_contain_text("EXOPEN: Bokföring, 6 rader från ett bolag")
    expect(page.get_by_role("link", name="1 oläst meddelande")).to_be_visible()


def test_it_survives_a_restart_of_everything_while_the_page_looks_on(
    admin: Admin, books: factories.Books, installation: Installation
) -> None:
    Account.objects.bulk_create(
        Account(company=books.company, number=str(number), name="Konto") for number in range(4000, 4040)
    )
    subscription = factories.make_subscription("accounts", integration_id="EXOPEN")
    transfer = Transfer.objects.create(
        subscription=subscription, information_type=registry.get("accounts").number, units_per_chunk=1
    )
    page = admin.page
    admin.open(f"onetime_transfer/transfer/{transfer.pk}/change/")
    # It is killed in the midst: a worker that has come to the second chunk.
    dying = installation.script(ONE_CHUNK.format(pk=transfer.pk))
    wait_until(lambda: Transfer.objects.filter(pk=transfer.pk, rows_done=1).exists(), seconds=60)
    expect(page.get_by_role("status")).to_contain_text("Pågår")
    expect(page.locator("#transfer-progress")).to_contain_text("av 42")
    dying.kill()
    dying.wait()
    installation.kill_broker()
    installation.restart_broker()
    Transfer.objects.filter(pk=transfer.pk).update(heartbeat_at="2024-01-01T00:00Z")
    expect(page.locator("#transfer-progress")).to_contain_text("tas upp igen av sig själv")
    for name in ("worker", "beat"):
        installation.start(name)
    expect(page.get_by_role("status")).to_contain_text("Överföringen är genomförd", timeout=60_000)
    transfer.refresh_from_db()
    assert transfer.rows_done == 42


def test_it_is_paused_resumed_and_cancelled_after_a_question(admin: Admin, subscription: Subscription) -> None:
    page = admin.page
    admin.open(f"{ADD}?subscription={subscription.pk}&information_type=ledger_entries")
    page.get_by_role("button", name="Alla år").click()
    press(page, "Överför")
    press(page, "Pausa")
    expect(page.get_by_role("status")).to_contain_text("Pausad")
    press(page, "Återuppta")
    expect(page.get_by_role("status")).to_contain_text("Väntar")
    transfer = Transfer.objects.get()
    running.run(transfer_id=transfer.pk)
    Transfer.objects.update(status="paused")
    page.reload()
    page.locator("#content").get_by_role("link", name="Avbryt").click()
    expect(page.locator(".figures")).to_contain_text("6")
    page.get_by_label("Ta bort dem som inte är hämtade ur kön").check()
    press(page, "Avbryt överföringen")
    expect(page.get_by_role("status")).to_contain_text("Överföringen är avbruten")
    expect(page.locator("#transfer-outcome")).to_contain_text("Rader som togs bort ur kön igen: 6")
    page.locator("#content").get_by_role("link", name="Upprepa").click()
    expect(page.get_by_label("Från period", exact=True).locator("option:checked")).to_have_text("Januari")


def test_one_that_failed_says_why_and_goes_on(admin: Admin, subscription: Subscription) -> None:
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    page = admin.page
    admin.open(f"onetime_transfer/transfer/{transfer.pk}/change/")
    running.fail(transfer_id=transfer.pk, error="could not extend file: No space left on device")
    expect(page.get_by_role("status")).to_contain_text("Överföringen misslyckades")
    expect(page.locator("#transfer-outcome")).to_contain_text("No space left on device")
    press(page, "Fortsätt")
    expect(page.get_by_role("status")).to_contain_text("Väntar")


@pytest.mark.parametrize("where", ["subscriptions/subscription/", "ledger/company/"])
def test_several_are_started_from_a_list(admin: Admin, subscription: Subscription, where: str) -> None:
    factories.make_subscription("suppliers", integration_id="OTHER")
    if "company" in where:
        factories.make_books(number="200")
    page = admin.page
    admin.open(where)
    for box in page.locator("input.action-select").all()[:2]:
        box.check()
    choice: Any = page.locator("select[name=action]")
    choice.select_option("transfer_chosen")
    page.locator("button[name=index]").first.click()
    for name in ("EXOPEN", "OTHER"):
        page.get_by_label(re.compile(name)).check()
    page.get_by_label("Leverantörer", exact=True).check()
    expect(page.locator("#transfer-estimate")).to_contain_text("2 överföringar")
    press(page, "Överför")
    expect(page.locator("#main")).to_contain_text("2 överföringar är startade")
    assert Transfer.objects.count() == 2
