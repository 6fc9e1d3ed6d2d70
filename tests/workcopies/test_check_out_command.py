"""`manage.py check_out`, as somebody new to it calls it."""

import re
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.factories import UserFactory, give, make_books
from workcopies.models import WorkingCopy

pytestmark = pytest.mark.django_db


def check_out(*arguments: str | Path) -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    call_command("check_out", *map(str, arguments), stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_a_file_is_made_and_said_in_a_line(tmp_path: Path) -> None:
    make_books(number="100")
    path = tmp_path / "books.utkorg"
    said, errors = check_out("--company", "100", "--year", "2024-01-01", path)
    copy = WorkingCopy.objects.get()
    assert re.fullmatch(rf"{path}: 4 rows, \d+ kB, {copy.uid}\n", said)
    assert errors == ""
    assert copy.name == "books"
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("select count(*) from ledger_account").fetchall() == [(2,)]


def test_what_is_left_out_for_lack_of_rights_is_said(tmp_path: Path) -> None:
    books, user = make_books(number="100"), UserFactory.create(username="anna")
    give(user, "workcopies.add_workingcopy", "ledger.view_account", company=books.company)
    _said, errors = check_out("--company", "100", "--user", "anna", tmp_path / "books.utkorg")
    assert errors.startswith("Company 100: left out, since rights are missing: ")
    assert "suppliers" in errors
    assert "chart of accounts" not in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--company", "999", "a.utkorg"], "There is no company 999."),
        (["--company", "100", "--user", "eve", "a.utkorg"], "There is no user eve."),
        (["--company", "100", "--user", "anna", "a.utkorg"], "is missing in: 100."),
        (["--company", "100", "there.utkorg"], "there.utkorg is there already."),
        (["--company", "100", "missing/a.utkorg"], "missing/a.utkorg can't be written: No such file or directory."),
        (["--company", "100", "--year", "1999-01-01", "a.utkorg"], "no financial year that begins on 1999-01-01"),
        (["--company", "100", "--year", "1999", "a.utkorg"], "'1999' is no day such as 2024-01-01."),
        (["a.utkorg"], "the following arguments are required: --company"),
    ],
)
def test_mistakes_are_told_and_leave_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.utkorg").write_text("my work")
    make_books(number="100")
    UserFactory.create(username="anna")
    with pytest.raises(CommandError, match=re.escape(said)):
        check_out(*arguments)
    assert [file.name for file in tmp_path.iterdir()] == ["there.utkorg"]
    assert not WorkingCopy.objects.exists()
