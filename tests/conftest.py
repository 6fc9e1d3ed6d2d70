"""Which tests run one at a time, and which are left out where no browser is installed."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

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


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    return True if CHROMIUM is None and collection_path == HERE / "browser" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line("LEFT OUT: tests/browser, because chromium is not installed.", yellow=True)
