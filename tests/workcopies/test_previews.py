"""A dry run writes and takes it back, and nobody waits for it."""

from concurrent.futures import Future
from pathlib import Path

import pytest

from ledger.models import Account
from tests import factories
from tests.connections import Together, other_program, wait_until
from tests.workcopies.copies import Copy, told
from workcopies import checking_in
from workcopies.landing import giving_way
from workcopies.landing.copies import LOCK

pytestmark = pytest.mark.django_db


def test_a_preview_lets_everybody_pass_and_at_last_only_compares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving_way, "SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr(giving_way, "MILLISECONDS_OF_WAITING", 10_000)
    monkeypatch.setattr(checking_in, "PAUSE", 0)
    books = factories.make_books(number="100")
    copy = Copy(tmp_path / "books.utkorg", books.company)
    copy.run("update ledger_account set name = 'Mine' where number = '1910'")
    copy.post(books.company, [("1910", "5.00"), ("3001", "-5.00")])
    passing: list[Future[None]] = []

    def passes() -> None:
        with other_program() as program:
            program.execute("select pg_advisory_xact_lock(%s, %s)", [LOCK, books.company.pk])

    with Together() as together:

        def somebody_comes(stage: str, _done: int, _total: int | None) -> None:
            if stage == "landing" and len(passing) < checking_in.PREVIEWS:
                passing.append(together.submit(passes))
                wait_until(giving_way.somebody_waits)

        report = copy.check_in(dry_run=True, progress=somebody_comes)
        for one in passing:
            one.result(10)
    assert len(passing) == checking_in.PREVIEWS
    assert told(report) == [("changed", "accounts", "1910"), ("created", "ledger_entries", "2024-01-01", "A", "P1")]
    assert len(report.warnings) == 1
    assert Account.objects.get(number="1910").name == "Kassa"
    assert copy.check_in(dry_run=True).warnings == []


def test_where_it_only_compares_nothing_is_refused_in_a_company_that_the_copy_makes(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking_in, "PREVIEWS", 0)
    company = copy.insert("ledger_company", number="200", name="New", time_zone="Europe/Oslo")
    copy.insert("ledger_account", company_id=company, number="1910", name="New")
    report = copy.check_in(dry_run=True)
    assert (len(report.landed), report.refused, len(report.warnings)) == (2, [], 1)
