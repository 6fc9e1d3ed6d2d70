"""Every sample file, made by other people's programs, against what is known of it."""

import csv
import re
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db.models import Sum

from ledger.models import Account, Balance, LedgerEntry, Voucher
from ledger.sie.importing import import_sie_file
from revisions.models import ChangeSet

SAMPLES = Path(__file__).parent.parent / "data" / "sie"
README = Path(__file__).parents[3] / "shared" / "data" / "README.md"

# Balances that the register can't hold: on accounts that aren't declared, or stated several times.
BALANCES_LESS = {"mamut-typ3.se": 15, "smalloffice-typ2.se": 1, "softone-business-typ3.se": 3}


class Sample(NamedTuple):
    """A line of counts.csv: how many lines of each kind the file has."""

    file: str
    type: str
    accounts: int
    objects: int
    vouchers: int
    rows: int
    balances: int
    agrees: str


def sample(cells: list[str]) -> Sample:
    file, sie_type, *counts, agrees = cells
    accounts, objects, vouchers, rows, balances = map(int, counts)
    return Sample(file, sie_type, accounts, objects, vouchers, rows, balances, agrees)


def known_samples() -> list[Sample]:
    with (SAMPLES / "counts.csv").open(encoding="utf-8", newline="") as file:
        return [sample(cells) for cells in list(csv.reader(file))[1:]]


def readme_samples() -> list[Sample]:
    found = []
    for line in README.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.match(r" `[^`]+\.s[ei]` ", line.lstrip("|")):
            rows = cells[10].split()[0]
            counts = [cells[0].strip("`"), cells[1], cells[6], cells[8], cells[9], rows, cells[11], cells[13]]
            found.append(sample(counts))
    return found


def test_every_sample_has_its_counts() -> None:
    assert {path.name for path in SAMPLES.glob("*.s[ei]")} == {known.file for known in known_samples()}


def test_the_counts_are_those_of_the_collections_readme() -> None:
    if README.exists():
        assert readme_samples() == known_samples()
    else:
        warnings.warn(
            f"LEFT OUT: the counts are not compared with {README.name}, which isn't beside the project.", stacklevel=1
        )


@pytest.mark.django_db
@pytest.mark.parametrize("known", known_samples(), ids=lambda known: known.file)
def test_a_sample_is_imported_with_its_counts_and_again_changes_nothing(known: Sample) -> None:
    company = known.file.partition(".")[0]
    report = import_sie_file(source=SAMPLES / known.file, name=known.file, company_number=company)

    assert (report.version, report.accounts, report.objects) == (known.type, known.accounts, known.objects)
    assert (report.vouchers, report.rows, report.balances) == (known.vouchers, known.rows, known.balances)
    assert Account.objects.filter(company__number=company).count() == known.accounts
    assert Voucher.objects.filter(company__number=company).count() == known.vouchers
    rows = LedgerEntry.objects.filter(voucher__company__number=company)
    assert rows.count() == known.rows
    assert not rows.values("voucher").annotate(total=Sum("amount")).exclude(total=0).exists()
    balances = Balance.objects.filter(financial_year__company__number=company)
    assert balances.count() == known.balances - BALANCES_LESS.get(known.file, 0)
    if known.agrees == "yes":
        assert report.balance_report is not None
        assert report.balance_report.differences == ()

    queued = ChangeSet.objects.count()
    again = import_sie_file(source=SAMPLES / known.file, name=known.file, company_number=company)
    assert ChangeSet.objects.count() == queued
    assert again.changes.vouchers_unchanged == known.vouchers
    assert balances.count() == known.balances - BALANCES_LESS.get(known.file, 0)
