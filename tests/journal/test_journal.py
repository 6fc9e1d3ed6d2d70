"""What is written over REST is written down outside the database, each write once, whatever happens in between."""

import json
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from access.models import ApiKey
from access.tokens import give_to_user
from history.actors import Actor, acting
from journal import files, gaps, lost, services
from journal.lines import read
from journal.models import Write
from journal.signals import journal_failed
from ledger.models import Supplier
from tests import factories
from tests.access.probe import problem
from tests.full_disk import no_room
from tests.integrators import body
from tests.registers.writer import Writer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal is kept."""
    settings.UTKORG_JOURNAL_FOLDER = str(tmp_path / "journal")
    settings.UTKORG_THROTTLE_RATES = {}
    monkeypatch.setattr(gaps, "of_this_process", gaps.Gap())
    return tmp_path / "journal"


@pytest.fixture
def books() -> factories.Books:
    return factories.make_books(number="100")


@pytest.fixture
def writer(books: factories.Books) -> Writer:
    return Writer()


def said(folder: Path) -> list[dict[str, Any]]:
    """What the journal's files say, in order; a line that isn't whole is {}."""
    return [line.said if line else {} for path in sorted(folder.iterdir()) for line in read(path)]


def supplier(number: str) -> dict[str, Any]:
    return {"company": "100", "number": number, "name": f"Leverantör {number}"}


def test_a_write_is_written_down_before_it_is_committed_and_marked_done_after(writer: Writer, folder: Path) -> None:
    sent = json.dumps(supplier("2001"))
    answer = writer.post("suppliers", sent, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 201
    begun, done = said(folder)
    key = ApiKey.objects.get()
    assert begun == {
        "begun": str(Write.objects.get().uid),
        "at": begun["at"],
        "key": key.public_id,
        "user": None,
        "who": f"{key.name} ({key.application})",
        "method": "POST",
        "path": "/api/v1/suppliers",
        "host": "testserver",
        "secure": False,
        "type": "application/json",
        "headers": {"Idempotency-Key": "once"},
        "body": sent,
    }
    assert done == {
        "done": begun["begun"],
        "at": done["at"],
        "status": 201,
        "gave": ["/api/v1/suppliers/100/2001"],
    }
    assert lost.look() == lost.Found(given=[], now={})


def test_nobody_else_may_read_it(writer: Writer, folder: Path) -> None:
    writer.post("suppliers", supplier("2001"))
    (file,) = folder.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, file)] == [0o700, 0o600]


def test_what_is_refused_or_answered_again_or_only_read_is_no_write(writer: Writer, folder: Path) -> None:
    problem(writer.post("suppliers", {"company": "100"}), 400, "invalid")
    assert not folder.exists()
    for _ in range(2):
        writer.post("suppliers", supplier("2001"), headers={"Idempotency-Key": "once"})
    problem(writer.post("suppliers", supplier("2001")), 409, "already_exists")
    writer.get("suppliers", company="100")
    assert [next(iter(line)) for line in said(folder)] == ["begun", "done"]


def test_every_way_of_writing_stands_in_it(writer: Writer, books: factories.Books, folder: Path) -> None:
    writer.post("suppliers", supplier("2001"))
    etag = writer.get("suppliers/100/2001")["ETag"]
    address, sent = "/api/v1/suppliers/100/2001", json.dumps({"name": "Annan"})
    writer.client.patch(address, sent, content_type="application/json", headers={"If-Match": etag})
    writer.client.delete(address)
    begun = [line for line in said(folder) if "begun" in line]
    assert [(line["method"], line["path"], line["headers"]) for line in begun] == [
        ("POST", "/api/v1/suppliers", {}),
        ("PATCH", "/api/v1/suppliers/100/2001", {"If-Match": etag}),
        ("DELETE", "/api/v1/suppliers/100/2001", {}),
    ]


def test_a_token_stands_nowhere_in_it(books: factories.Books, folder: Path, client: Any) -> None:
    user = factories.UserFactory.create(is_superuser=True, username="karin")
    with acting(Actor()):
        token = give_to_user(user=user, address=None).text
    hour = factories.TimeTransactionFactory.create(company=books.company)
    sent = {
        "clientId": "100",
        "externalStatusCode": "EXPORTED",
        "transactions": [{"uid": hour.uid, "timeCategoryId": hour.time_category.number}],
        "accessToken": token,
    }
    address = f"/api/public/v1/Time/setExternalStatusCode?accessToken={token}"
    answer = client.post(address, json.dumps(sent), content_type="application/json")
    assert body(answer)["updated"] == 1
    (file,) = folder.iterdir()
    assert token not in file.read_text()
    begun = said(folder)[0]
    assert (begun["user"], begun["key"], begun["path"]) == ("karin", None, "/api/public/v1/Time/setExternalStatusCode")
    assert json.loads(begun["body"]) == {name: value for name, value in sent.items() if name != "accessToken"}


def test_a_torn_line_spoils_no_other(writer: Writer, folder: Path) -> None:
    writer.post("suppliers", supplier("2001"))
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    for torn in (b'\n0123456789abcdef {"begun', b"\xff\x00", b"\n\n\n"):
        file.write_bytes(whole + torn)
        writer.post("suppliers", supplier(f"3{len(torn)}"))
        assert [next(iter(line)) for line in said(folder) if line] == ["begun", "done"] * 2
    file.write_bytes(whole[:-5])
    assert lost.look().spoiled == 1


def test_a_full_disk_is_told_and_stops_no_write(writer: Writer, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def hear(reason: str, **_named: Any) -> None:
        told.append(reason)

    journal_failed.connect(hear)
    with no_room(most=100):
        for number in ("1", "2", "3"):
            assert writer.post("suppliers", supplier(number)).status_code == 201
    assert "can't be written down" in caplog.text
    (reason,) = told
    assert "the disk is full" in reason
    assert writer.post("suppliers", supplier("4")).status_code == 201
    journal_failed.disconnect(hear)
    found = lost.look()
    assert [gap.count for gap in found.gaps] == [3]
    assert (Supplier.objects.count(), found.lost, found.perhaps) == (4, [], [])


def test_without_a_folder_nothing_is_kept(writer: Writer, folder: Path, settings: Settings) -> None:
    settings.UTKORG_JOURNAL_FOLDER = ""
    assert writer.post("suppliers", supplier("2001")).status_code == 201
    assert not folder.exists()
    assert not Write.objects.exists()


def test_what_the_database_lacks_is_lost_and_what_was_only_begun_perhaps(
    writer: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.post("suppliers", supplier("1"))
    writer.post("suppliers", supplier("2"))
    with monkeypatch.context() as patch:
        patch.setattr(services, "end", lambda *_arguments, **_named: None)
        writer.post("suppliers", supplier("3"))
    assert lost.look() == lost.Found(given=[], now={})
    Write.objects.order_by("uid").filter(uid__gt=Write.objects.order_by("uid")[0].uid).delete()
    monkeypatch.setattr(lost, "UNDER_WAY", timedelta(0))
    found = lost.look()
    assert [json.loads(one.asked().body)["number"] for one in found.lost] == ["2"]
    assert [json.loads(one.asked().body)["number"] for one in found.perhaps] == ["3"]


def test_old_files_go_before_their_rows(writer: Writer, folder: Path, settings: Settings) -> None:
    settings.UTKORG_JOURNAL_DAYS = 30
    writer.post("suppliers", supplier("1"))
    now = timezone.now()
    found = []
    for days in (30, 31, 33):
        services.remove_old(at=now + timedelta(days=days))
        found.append((len(list(folder.iterdir())), Write.objects.count()))
    assert found == [(1, 1), (0, 1), (0, 0)]


WRITER = """
import sys, pathlib, datetime
from journal import files
from journal.lines import as_line
for number in range(400):
    line = as_line({"begun": sys.argv[2], "number": number, "body": "x" * 5000})
    files.append(pathlib.Path(sys.argv[1]), line, durably=False)
"""


def test_many_processes_append_to_one_file(tmp_path: Path) -> None:
    """One of them is killed in the middle."""
    path = tmp_path / "2026-11-22.host.journal"
    path.touch()
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(name)], cwd=Path.cwd()) for name in range(4)
    ]
    while path.stat().st_size < 5_000 * 50:
        pass
    started[0].send_signal(signal.SIGKILL)
    assert [process.wait() for process in started] == [-signal.SIGKILL, 0, 0, 0]
    lines = [line.said if line else {} for line in read(path)]
    for name in ("1", "2", "3"):
        assert [line["number"] for line in lines if line.get("begun") == name] == list(range(400))
    assert {} not in lines


def test_days_are_read_in_their_order_and_from_one_on(folder: Path) -> None:
    folder.mkdir()
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for name in ("2026-11-20.b", "2026-11-20.a", "2026-10-01.a", "2026-11-22.a"):
        (folder / f"{name}.journal").touch()
    (folder / "notes.txt").touch()
    named = [file.path.name for file in files.kept(at=at)]
    assert named == ["2026-11-20.a.journal", "2026-11-20.b.journal", "2026-11-22.a.journal"]
    assert [file.path.name for file in files.kept(at=at, since=at.date())] == ["2026-11-22.a.journal"]
