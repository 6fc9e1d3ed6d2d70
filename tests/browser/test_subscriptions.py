"""A finance admin makes, previews, changes and empties subscriptions, in a browser that reads Swedish."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from access.clients import add_client
from revisions import fan_out, recent
from revisions.batch import Choice
from revisions.models import ChangeSet, OutboxItem
from revisions.receipts import take
from subscriptions.models import Subscription
from tests import factories
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)
PASTE = """([element, text]) => {
    const data = new DataTransfer();
    data.setData("text", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def search(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Sök bolag")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Hittade bolag").get_by_role("option")


def chips(page: Page) -> Locator:
    return page.locator("[data-chips] > li")


def paste(page: Page, text: str) -> None:
    page.evaluate(PASTE, [search(page).element_handle(), text])


def test_a_subscription_is_made_and_told_live(admin: Admin) -> None:
    for number, name in (("100", "Bygg AB"), ("101", "Handel AB"), ("200", "Måleri AB")):
        factories.CompanyFactory.create(number=number, name=name)
    factories.SupplierFactory.create_batch(3, company=factories.CompanyFactory.create(number="300"))
    for _ in range(3):
        fan_out.drain()
    recent.count()
    factories.ApplicationFactory.create(name="Exopen")
    page = admin.page
    admin.open("subscriptions/subscription/add/")
    means, sentence = page.locator("[data-means]"), page.locator(".choice-sentence")
    expect(sentence).to_have_text("Prenumerationen gäller alla bolag, även dem som läggs till senare.")
    page.get_by_label("1. Integrations-ID").fill("EXOPEN")
    page.get_by_label("2. Benämning").fill("Exopen bokföring")
    search(page).fill("10")
    expect(options(page)).to_have_text(["100 Bygg AB", "101 Handel AB"])
    search(page).press("ArrowDown")
    search(page).press("Enter")
    search(page).press("ArrowDown")
    search(page).press("Enter")
    search(page).press("Escape")
    expect(chips(page)).to_have_count(2)
    expect(sentence).to_have_text("Prenumerationen gäller bara de 2 valda bolagen.")
    page.get_by_label("4. Negativt urval").check()
    expect(sentence).to_have_text("Prenumerationen gäller alla bolag förutom de 2 valda.")
    page.get_by_role("button", name="Ta bort 101 Handel AB").click()
    page.get_by_label("Leverantörer", exact=True).check()
    page.get_by_label("Bokföring", exact=True).check()
    expect(means).to_contain_text("ungefär 3 rader ändrade de senaste 30 dagarna")
    expect(means).to_contain_text("2 typer")
    admin.choose(page.locator("#id_application"), "Exo", "Exopen")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("body")).to_contain_text("EXOPEN är skapad.")
    subscription = Subscription.objects.get()
    assert [known.name for known in subscription.information_types] == ["suppliers", "ledger_entries"]
    assert subscription.negative_selection
    assert subscription.companies.get().number == "100"


def test_all_types_are_ticked_at_once(admin: Admin) -> None:
    page = admin.page
    admin.open("subscriptions/subscription/add/")
    boxes = page.locator("input[name=information_types]")
    page.get_by_label("Välj alla").check()
    expect(page.locator("input[name=information_types]:checked")).to_have_count(boxes.count())
    expect(page.locator("[data-means]")).to_contain_text(f"{boxes.count()} typer")
    boxes.first.uncheck()
    expect(page.get_by_label("Välj alla")).not_to_be_checked()


def test_two_thousand_companies_are_searched_pasted_and_chosen_at_once(admin: Admin) -> None:
    companies = factories.CompanyFactory.create_batch(2000)
    numbers = [company.number for company in companies]
    page = admin.page
    admin.open("subscriptions/subscription/add/")
    search(page).focus()
    expect(options(page)).to_have_count(50)
    page.get_by_role("button", name=re.compile(r"Välj alla 2\s000")).click()
    expect(page.locator("[data-total]")).to_have_text(re.compile(r"2\s000 bolag valda"))
    expect(chips(page)).to_have_count(60)
    page.get_by_role("button", name=re.compile("Visa 600 till")).click()
    expect(chips(page)).to_have_count(660)
    page.get_by_role("button", name="Ta bort alla").click()
    expect(page.locator("[data-total]")).to_have_text("Inget valt: alla bolag")
    paste(page, "\n".join([*numbers[:300], "FINNS-INTE"]))
    expect(page.get_by_text("300 bolag lades till. Det finns inget bolag med nummer FINNS-INTE.")).to_be_visible()
    expect(page.locator(".choice-sentence")).to_have_text("Prenumerationen gäller bara de 300 valda bolagen.")


def test_the_preview_shows_the_form_as_it_stands_and_queues_nothing(admin: Admin) -> None:
    subscription = factories.make_subscription("customers", integration_id="EXOPEN")
    for number in range(1, 23):
        factories.SupplierFactory.create(number=str(number))
    factories.CustomerFactory.create(number="3001")
    fan_out.drain()
    queued = OutboxItem.objects.count()
    page = admin.page
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    page.get_by_label("Kunder", exact=True).uncheck()
    page.get_by_label("Leverantörer", exact=True).check()
    page.get_by_role("button", name="Förhandsgranska").click()
    preview = page.get_by_role("dialog")
    expect(preview.locator("details")).to_have_count(20)
    expect(preview.locator("details").first).to_contain_text('"number": "22"')
    expect(preview).not_to_contain_text('"sequence"')
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    page.get_by_label("Leverantörer", exact=True).uncheck()
    page.get_by_role("button", name="Förhandsgranska").click()
    expect(preview).to_contain_text("Välj minst en informationstyp")
    assert OutboxItem.objects.count() == queued


def test_companies_that_are_never_fetched_are_taken_out(admin: Admin) -> None:
    left, fetched = (factories.CompanyFactory.create(number=number) for number in ("100", "200"))
    subscription = factories.make_subscription("suppliers")
    factories.SupplierFactory.create_batch(2, company=left)
    factories.SupplierFactory.create(company=fetched)
    fan_out.drain()
    choice = Choice(companies=frozenset({fetched.pk}))
    take(subscription=subscription, choice=choice, limit=9, after=None)
    ChangeSet.objects.update(changed_at=timezone.now() - timedelta(hours=2))
    page = admin.page
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    expect(page.get_by_role("region", name="1 bolag hämtas aldrig")).to_contain_text("100 Company 100: 2 rader")
    page.get_by_role("link", name="Ta bort dem ur prenumerationen").click()
    page.get_by_label("Ta bort dem ur kön; då höjs epoken").check()
    page.get_by_role("button", name="Ta bort dem ur prenumerationen").click()
    expect(page.locator("body")).to_contain_text("1 bolag är borttaget ur prenumerationen.")
    expect(page.locator(".choice-sentence")).to_have_text("Prenumerationen gäller alla bolag förutom det 1 valda.")
    assert not OutboxItem.objects.exists()


def test_a_queue_is_emptied_and_what_was_lost_is_transferred(admin: Admin) -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    factories.SupplierFactory.create_batch(3)
    fan_out.drain()
    page = admin.page
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    page.get_by_role("link", name="Töm kön").click()
    expect(page.get_by_role("row", name="EXOPEN A subscription")).to_contain_text("3")
    page.get_by_role("button", name="Töm kön").click()
    expect(page.locator("body")).to_contain_text("EXOPEN: 3 rader har tagits bort ur kön.")
    page.get_by_role("link", name="Överför allt som saknas").click()
    expect(page.get_by_role("row", name="Leverantörer")).to_contain_text("3")
    expect(page.get_by_role("row", name="Leverantörer")).to_contain_text("< 1")
    page.get_by_role("button", name="Överför").click()
    expect(page.get_by_role("status").first).to_contain_text("Väntar")


def test_the_page_follows_its_queue_and_what_is_missing(admin: Admin) -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN")
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    page = admin.page
    queue = page.get_by_role("region", name="Utkorg")
    expect(queue).to_contain_text(re.compile(r"Rader i kö\s*0"))
    page.get_by_label("2. Benämning").fill("Halvskrivet")
    factories.SupplierFactory.create_batch(3)
    fan_out.drain()
    expect(queue).to_contain_text(re.compile(r"Rader i kö\s*3"), timeout=15_000)
    expect(page.get_by_label("2. Benämning")).to_have_value("Halvskrivet")


def test_a_subscription_is_copied_and_switched(admin: Admin) -> None:
    subscription = factories.make_subscription("suppliers", integration_id="EXOPEN", name="Exopen")
    page = admin.page
    admin.open(f"subscriptions/subscription/{subscription.pk}/change/")
    page.get_by_role("link", name="Gör inaktiv").click()
    page.get_by_role("button", name="Gör inaktiv").click()
    expect(page.get_by_role("link", name="Aktivera igen")).to_be_visible()
    page.get_by_role("link", name="Kopiera").click()
    expect(page.get_by_label("2. Benämning")).to_have_value("Exopen (kopia)")
    expect(page.get_by_label("6. Aktiv")).not_to_be_checked()
    page.get_by_label("1. Integrations-ID").fill("EXOPEN-2")
    page.get_by_role("button", name="Spara", exact=True).click()
    expect(page.locator("body")).to_contain_text("EXOPEN-2 är skapad.")
    assert not Subscription.objects.filter(active=True).exists()


def test_an_offices_subscription_is_of_its_clients(admin: Admin) -> None:
    own = factories.CompanyFactory.create(number="900", name="Svea AB")
    office = factories.OfficeFactory.create(name="Svea Redovisning", company=own)
    for number, name in (("100", "Bygg AB"), ("101", "Handel AB")):
        add_client(office=office, company=factories.CompanyFactory.create(number=number, name=name))
    factories.CompanyFactory.create(number="200", name="Måleri AB")
    page = admin.page
    admin.open("subscriptions/subscription/add/")
    page.get_by_label("Redovisningsbyrå").select_option("Svea Redovisning")
    sentence, means = page.locator(".choice-sentence"), page.locator("[data-means]")
    expect(sentence).to_have_text(
        "Prenumerationen gäller alla klienter hos Svea Redovisning, även de som kommer till senare."
    )
    expect(means).to_contain_text("2 av 2 bolag")
    search(page).click()
    expect(options(page)).to_have_text(["100 Bygg AB", "101 Handel AB"])
    options(page).first.click()
    expect(sentence).to_have_text("Prenumerationen gäller bara den 1 valda klienten hos Svea Redovisning.")
