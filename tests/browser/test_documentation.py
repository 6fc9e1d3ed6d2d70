"""The API's documentation in a browser, under the strict policy."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_documentation_shows_the_api_without_leaving_the_installation(page: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.locator(".swagger-ui .title")).to_contain_text("Utkorg")
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_the_login_page_is_swedish_for_a_swedish_browser(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/admin/")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("textbox")).to_have_count(2)
