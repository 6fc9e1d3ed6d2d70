"""Which tests run one at a time, and which are left out where no browser is installed."""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker

from tests.emptying import Delivered

# They start whole installations, a browser or many connections, and measure time: each runs alone and last.
SERIAL = {"browser", "concurrency", "contract", "embedded"}
HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark them before pytest-xdist looks at the groups, and move them after pytest-django has sorted by database."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in SERIAL:
            item.add_marker(pytest.mark.serial)
            item.add_marker(pytest.mark.xdist_group("serial"))
    yield
    items.sort(key=lambda item: item.get_closest_marker("serial") is not None)


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: delivered.restore())
        yield delivered


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if CHROMIUM is None and collection_path == HERE / "browser" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line("LEFT OUT: tests/browser, because chromium is not installed.", yellow=True)
