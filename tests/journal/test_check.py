"""Production without a journal is warned of."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


@pytest.mark.parametrize(
    ("folder", "is_production", "ids"), [("", True, ["utkorg.W001"]), ("/srv/journal", True, []), ("", False, [])]
)
def test_production_without_a_journal_is_warned(
    settings: Settings, folder: str, is_production: bool, ids: list[Any]
) -> None:
    settings.UTKORG_JOURNAL_FOLDER, settings.UTKORG_PRODUCTION = folder, is_production
    found = [one.id for one in run_checks(tags=["security"], include_deployment_checks=True)]
    assert [one for one in found if one == "utkorg.W001"] == ids
