"""In which order tests run, what each begins with, and which are left out where no browser is installed."""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.emptying import Delivered, kept
from tests.garbage import set_apart

# After the many quick tests: those that start a browser, servers, whole installations, and kill their parts.
LATER = ("browser", "contract", "embedded", "concurrency")
HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium")

admin.autodiscover()  # tests are made for each of its pages

# A run tries what the last one tried; with `--hypothesis-profile=search` it looks for more.
hypothesis_settings.register_profile("search", derandomize=False, print_blob=True)
hypothesis_settings.register_profile("repeatable", derandomize=True, print_blob=True)
hypothesis_settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Group them before pytest-xdist looks at the groups, and sort them after pytest-django has by database."""
    for item in items:
        if item.get_closest_marker("serial"):
            item.add_marker(pytest.mark.xdist_group("serial"))
    yield
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("serial"):
        return len(LATER) + 1
    folder = item.path.relative_to(HERE).parts[0]
    return LATER.index(folder) + 1 if folder in LATER else 0


@pytest.fixture(autouse=True)
def _english() -> None:
    """A request leaves its language behind in the thread: each test begins with the installation's."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Delivered]:
    """What every installation is delivered with is no test's history, and left by each."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("truncate history_change")
        delivered = Delivered()
    set_apart()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: delivered.restore())
        yield delivered
    kept.close()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if CHROMIUM is None and collection_path == HERE / "browser" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line("LEFT OUT: tests/browser, because chromium is not installed.", yellow=True)
