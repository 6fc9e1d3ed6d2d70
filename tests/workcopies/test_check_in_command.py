"""`manage.py check_in`: what it says, and what it exits with."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import Books, UserFactory
from tests.workcopies.copies import Copy
from workcopies.management.commands.check_in import Command
from workcopies.models import CheckIn, WorkingCopy

pytestmark = pytest.mark.django_db


def check_in(path: Path, *options: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("check_in", str(path), *options, stdout=out, stderr=StringIO())
    except SystemExit as left:
        return out.getvalue(), int(left.code or 0)
    return out.getvalue(), 0


def test_what_landed_is_said_with_the_numbers_that_new_vouchers_got(copy: Copy, books: Books) -> None:
    copy.post(books.company, [("1910", "5.00"), ("3001", "-5.00")])
    said, code = check_in(copy.path)
    assert said.splitlines() == [
        "New: voucher 100 2024-01-01 A 1 (P1 in the copy)",
        "1 new, 0 changed, 0 deleted; 0 conflicts; 0 refused",
    ]
    assert code == 0
    assert CheckIn.objects.get().via == "command"


def test_a_dry_run_says_that_nothing_is_written(copy: Copy, books: Books) -> None:
    books.post()
    copy.run("update ledger_account set name = 'Kassan' where number = '1910'")
    said, code = check_in(copy.path, "--dry-run")
    assert said == (
        "Changed: account 100 1910\n"
        "Nothing is written yet. Would land: 0 new, 1 changed, 0 deleted; 0 conflicts; 0 refused; "
        "1 changed here alone, which stay\n"
    )
    assert code == 0
    assert not CheckIn.objects.exists()


def test_a_conflict_is_told_by_field_and_exits_with_2(copy: Copy, books: Books) -> None:
    copy.run("update ledger_account set name = 'Kassan' where number = '1910'")
    books.cash.name = "Cash"
    books.cash.save()
    said, code = check_in(copy.path)
    assert said.splitlines()[:2] == [
        "Conflict: account 100 1910",
        "  name: was Kassa, is Kassan in the copy and Cash here",
    ]
    assert code == 2


def test_the_report_is_the_contracts_json(copy: Copy) -> None:
    said, code = check_in(copy.path, "--json", "--dry-run")
    told: dict[str, Any] = json.loads(said)
    assert told.keys() == {"check_in", "landed", "unchanged", "conflicts", "refused", "dry_run"}
    assert code == 0


def test_many_deletions_have_to_be_meant(copy: Copy) -> None:
    copy.run("delete from ledger_account")
    said, _code = check_in(copy.path, "--dry-run", "--allow-deletions")
    assert "2 deleted" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["missing.utkorg"], "There is no file missing.utkorg."),
        (["other.utkorg"], "other.utkorg: The file is no working copy of Utkorg's."),
        (["books.utkorg", "--user", "eve"], "There is no user eve."),
        (["books.utkorg", "--user", "anna"], "books.utkorg: You lack the right to check in working copies"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(copy.path.parent)
    Path("other.utkorg").write_text("a letter")
    UserFactory.create(username="anna")
    with pytest.raises(CommandError, match=said) as refused:
        call_command("check_in", *options)
    assert refused.value.returncode == 1
    assert not CheckIn.objects.exists()


def test_a_withdrawn_copy_is_refused(copy: Copy) -> None:
    WorkingCopy.objects.update(status="withdrawn")
    with pytest.raises(CommandError, match="is withdrawn"):
        check_in(copy.path)


def test_a_mistake_in_the_options_is_not_taken_for_conflicts() -> None:
    command = Command()
    command._called_from_command_line = True  # type: ignore[attr-defined]
    parser = command.create_parser("manage.py", "check_in")
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["books.utkorg", "--dryrun"])
    assert left.value.code == 1
