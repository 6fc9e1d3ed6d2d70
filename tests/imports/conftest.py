"""Files are kept in a folder of the test's own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.UTKORG_IMPORT_FOLDER = str(tmp_path / "imports")
    return tmp_path / "imports"
