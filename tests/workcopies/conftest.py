"""What tests of working copies share: the books of a company, a copy of them, and where files stand meanwhile."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests import factories
from tests.workcopies.copies import Copy


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def copy(books: factories.Books, tmp_path: Path) -> Copy:
    return Copy(tmp_path / "books.utkorg", books.company)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Where files stand on their way to and from a browser."""
    settings.UTKORG_WORKING_COPY_FOLDER = str(tmp_path / "kept")
    return tmp_path / "kept"


@pytest.fixture
def kari() -> User:
    return factories.SuperuserFactory.create(username="kari")
