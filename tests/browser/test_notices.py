"""Messages reach whoever they are for on any page, and are read in the list."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from notices import kinds, services
from notices.kinds import Words
from notices.models import Notice
from tests.browser.admin import Admin

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    kinds.register("sent", lambda parameters: Words(f"Överföringen {parameters['name']} är genomförd", "12 rader"))
    yield
    del kinds._kinds["sent"]


def tell(admin: Admin, name: str) -> None:
    """Tell the administrator something."""
    services.tell(
        user=User.objects.get(),
        kind="sent",
        parameters={"name": name},
        url="/admin/subscriptions/subscription/",
        level=Notice.Level.SUCCESS,
    )


def test_a_message_pops_up_is_counted_and_is_read_by_opening_it(admin: Admin) -> None:
    page = admin.page
    admin.open("ledger/company/")
    expect(page.get_by_role("link", name="Meddelanden", exact=True)).to_be_visible()
    tell(admin, "EXOPEN")
    # What a page does every ten seconds, and at once when somebody comes back to it
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    toast = page.get_by_role("log")
    expect(toast).to_contain_text("Överföringen EXOPEN är genomförd")
    expect(page.get_by_role("link", name="1 oläst meddelande")).to_be_visible()
    toast.get_by_role("button", name="Öppna").click()
    expect(page).to_have_url(re.compile(r"/admin/subscriptions/subscription/$"))
    expect(page.get_by_role("link", name="Meddelanden", exact=True)).to_be_visible()
    assert not Notice.objects.unread().exists()


def test_what_arrives_between_two_pages_pops_up_once(admin: Admin) -> None:
    page = admin.page
    admin.open("ledger/company/")
    tell(admin, "EXOPEN")
    admin.open("ledger/account/")
    expect(page.get_by_role("log")).to_contain_text("EXOPEN")
    page.get_by_role("button", name="Stäng").click()
    expect(page.get_by_role("log")).not_to_contain_text("EXOPEN")
    admin.open("ledger/company/")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("link", name="1 oläst meddelande")).to_be_visible()
    expect(page.get_by_role("log")).not_to_contain_text("EXOPEN")


def test_the_list_is_filtered_and_marked_as_read(admin: Admin) -> None:
    page = admin.page
    for name in ("ETT", "TVÅ", "TRE"):
        tell(admin, name)
    admin.open("notices/notice/?show=unread")
    expect(page.locator(".notice-item")).to_have_count(3)
    page.locator(".notice-item", has_text="TVÅ").get_by_role("button", name="Markera som läst").click()
    expect(page.locator(".notice-item")).to_have_count(2)
    page.get_by_role("button", name="Markera alla som lästa").click()
    expect(page.locator("#content")).to_contain_text("Du har läst allt")
    page.get_by_role("link", name="Alla", exact=True).click()
    expect(page.locator(".notice-item")).to_have_count(3)
