"""Every sample file goes in, and every one of its rows comes out at an integration: counts, keys, sums and all."""

from collections import Counter
from decimal import Decimal

import pytest
from pytest_django import Settings

from ledger.sie.importing import import_sie_file
from revisions import fan_out
from tests import factories
from tests.consumers import name_of, register
from tests.integrators import Integrator, Line
from tests.ledger.test_sie_samples import SAMPLES, known_samples

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def companies() -> dict[str, str]:
    """A company number for each sample."""
    return {known.file: known.file.partition(".")[0] for known in known_samples()}


def test_all_samples_arrive_whole_over_rest(settings: Settings, companies: dict[str, str]) -> None:
    settings.UTKORG_THROTTLE_RATES = {}
    integrator = Integrator(factories.make_subscription())
    for file, number in companies.items():
        import_sie_file(source=SAMPLES / file, name=file, company_number=number)
    fan_out.drain()
    lines = integrator.fetch_all(limit=5000)

    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["operation"] for line in lines} == {"created"}
    copy = {(line["information_type"], name_of(line["key"])): line["data"] for line in lines}
    assert len(copy) == len(lines)
    assert copy == register()
    _compare_with_files(lines, companies)


def _compare_with_files(lines: list[Line], companies: dict[str, str]) -> None:
    entries = [line for line in lines if line["information_type"] == "ledger_entries"]
    rows = Counter(line["company"] for line in entries)
    accounts = Counter(line["company"] for line in lines if line["information_type"] == "accounts")
    for known in known_samples():
        number = companies[known.file]
        assert (accounts[number], rows[number]) == (known.accounts, known.rows), known.file
        assert sum(Decimal(line["data"]["amount"]) for line in entries if line["company"] == number) == 0
    assert sum(rows.values()) == 6701
