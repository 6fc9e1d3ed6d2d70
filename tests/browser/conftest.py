"""Debian's Chromium, driven by Playwright, and the sample installation that it looks at."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.browser.admin import Admin
from tests.browser.look import KeptStaticFiles, Look
from tests.browser.reading import Reader
from tests.conftest import CHROMIUM
from tests.emptying import NAME, Delivered
from tests.sample import Sample, make_sample

# A thread of the server that waits for its browser's next request still has its session.
END_OTHERS = f"""
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state = 'idle' and application_name <> '{NAME}'
"""
# Without them Chromium looks up hosts of its maker's at every start.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright runs a loop in this thread; Django would refuse the database to tests that prepare data in it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic", *QUIET]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that reads Swedish; the test fails when the page reports an error."""
    context = browser.new_context(locale="sv-SE", timezone_id="Europe/Stockholm")
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def admin(page: Page, live_server: LiveServer) -> Admin:
    """The admin, signed in to."""
    return Admin(page, live_server)


@pytest.fixture(scope="module")
def sample(django_db_setup: Delivered, django_db_blocker: DjangoDbBlocker) -> Iterator[Sample]:
    """A sample installation for a module that only looks at it, committed."""
    with django_db_blocker.unblock():
        yield make_sample()
        with connection.cursor() as cursor:
            cursor.execute(END_OTHERS)
        django_db_setup.restore()


@pytest.fixture(scope="module")
def address(sample: Sample) -> Iterator[str]:
    """Where the sample installation's admin is."""
    server = LiveServerThread("localhost", KeptStaticFiles)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    yield f"http://{server.host}:{server.port}/admin/"
    server.terminate()


@pytest.fixture(scope="module")
def looks(browser: Browser, address: str, sample: Sample) -> Iterator[dict[str, Look]]:
    """A browser of each language, in which the sample's administrator is signed in."""
    made = {locale[:2]: Look(browser, locale, address, sample) for locale in ("sv-SE", "nb-NO", "en-GB")}
    yield made
    for look in made.values():
        look.page.context.close()


@pytest.fixture(scope="module")
def readers(sample: Sample, django_db_blocker: DjangoDbBlocker) -> dict[str, Reader]:
    """The sample's administrator without a browser, in each language."""
    with django_db_blocker.unblock():
        return {language: Reader(language, sample) for language in ("sv", "nb", "en")}
