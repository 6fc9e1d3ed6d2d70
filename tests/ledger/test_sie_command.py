"""`manage.py import_sie`: one line per file, and bad files say where and why."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.models import Account, Company
from tests.ledger.test_sie_importing import BOOKS

pytestmark = pytest.mark.django_db


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.se"
    path.write_text(BOOKS, encoding="cp437")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.se"
    path.write_text(BOOKS.replace("-125.00 20240302", "-124.00 20240302").replace("Kassa\n", "Ny\n"), encoding="cp437")
    return path


def run(*arguments: str | Path) -> tuple[str, str, int]:
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        call_command("import_sie", *map(str, arguments), stdout=stdout, stderr=stderr)
    except CommandError as error:
        return stdout.getvalue(), stderr.getvalue(), error.returncode
    return stdout.getvalue(), stderr.getvalue(), 0


def test_a_good_file_is_one_line(good: Path) -> None:
    assert run(good) == (f"{good}: type 4, company 7, accounts 3, vouchers 1, rows 3\n", "", 0)


def test_a_bad_file_says_where_and_the_others_are_still_imported(bad: Path, good: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.se"
    stdout, stderr, code = run(bad, missing, good, "--company", "44")
    assert stdout == f"{good}: type 4, company 44, accounts 3, vouchers 1, rows 3\n"
    first, second = stderr.splitlines()
    assert first.startswith(f"{bad}:17: Voucher A 1 doesn't sum to zero: debit less credit is 1.00.")
    assert second.startswith(f"{missing}:1: ")
    assert code == 1
    assert not Account.objects.filter(name="Ny").exists()
    assert Company.objects.get().number == "44"


def test_changed_vouchers_are_told(good: Path) -> None:
    run(good)
    good.write_text(BOOKS.replace("Kontant", "Kort"), encoding="cp437")
    assert run(good)[1] == f"{good}: 1 voucher differed from the register and was made as in the file.\n"


def test_a_fifo_and_a_name_that_is_no_utf_8_are_read(good: Path, tmp_path: Path) -> None:
    odd, fifo = tmp_path / os.fsdecode(b"Bokf\xf6ring.se"), tmp_path / "fifo"
    odd.write_bytes(good.read_bytes())
    os.mkfifo(fifo)
    with ThreadPoolExecutor() as writers:
        writers.submit(fifo.write_bytes, good.read_bytes())
        stdout, stderr, code = run(odd, fifo)
    assert (stdout.count("type 4, company 7"), stderr, code) == (2, "", 0)
    assert stdout.encode()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    stdout, stderr, code = run(tmp_path, "/dev/null")
    assert (stdout, len(stderr.splitlines()), code) == ("", 2, 1)


def test_warnings_and_balances_that_differ_are_told_beside_the_line(good: Path) -> None:
    text = BOOKS.replace("#FLAGGA 0", "#FLAGGA 1").replace("#UB 0 1910 110.00", "#UB 0 1910 99.00")
    good.write_text(text, encoding="cp437")
    stdout, stderr, code = run(good)
    assert (len(stdout.splitlines()), code) == (1, 0)
    warning, difference = stderr.splitlines()
    assert warning.startswith(f"{good}:1: warning: ")
    assert difference == f"{good}: account 1910: opening 10.00 + vouchers 100.00 is not closing 99.00"
