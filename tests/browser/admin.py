"""The admin as tests drive it: a page in which an administrator is signed in."""

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page
from pytest_django.live_server_helper import LiveServer

from tests import factories


class Admin:
    """A page in which an administrator is signed in."""

    def __init__(self, page: Page, live_server: LiveServer) -> None:
        client = Client()
        client.force_login(factories.SuperuserFactory.create(username="ekonomi"))
        name = settings.SESSION_COOKIE_NAME
        cookie: Any = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([cookie])
        self.page = page
        self._url = f"{live_server.url}/admin/"

    def open(self, path: str = "") -> None:
        """Open a page of the admin."""
        self.page.goto(self._url + path)

    def choose(self, field: Locator, text: str, found: str) -> None:
        """Choose a row in a field that searches."""
        field.locator("xpath=following-sibling::span").first.click()
        self.page.locator(".select2-container--open .select2-search__field").fill(text)
        self.page.locator(".select2-results__option--selectable, .select2-results__option", has_text=found).click()
