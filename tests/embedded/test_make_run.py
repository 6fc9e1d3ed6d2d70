"""`make run` as a newcomer meets it: ready, refused, stopped, killed, and nothing lost.

The tests share one installation, in a path with blanks that is too long for a socket, and stand in their order.
"""

import json
import re
import shlex
import shutil
import signal
import smtplib
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.embedded.installation import PARTS, Installation, free_port, wait_until

# One installation, whose process all of them are given to
pytestmark = pytest.mark.xdist_group("make run")

COUNT_ROWS = "from ledger.models import LedgerEntry; print(LedgerEntry.objects.count())"
SAMPLE_ROWS = 671
SWITCH_ON = """
from inbox import addresses; from ledger.models import Company
print(addresses.current(addresses.switch_on(company=Company.objects.earliest('pk'))))
"""
COUNT_MAILS = "from inbox.models import Mail; print(Mail.objects.count())"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("make run") / f"a home with blanks, {'long ' * 25}å"
    folder.mkdir()
    made = Installation(folder)
    made.run()
    yield made
    if made.process and made.process.poll() is None:
        made.stop()
    shutil.rmtree(made.home.sockets, ignore_errors=True)


def rows(installation: Installation) -> int:
    return int(installation.manage("shell", "-v", "0", "-c", COUNT_ROWS))


def test_ready_means_that_everything_is_there(installation: Installation) -> None:
    credentials = installation.credentials()
    assert list(credentials) == ["url", "admin_user", "admin_password", "api_key", "integration_id"]
    assert credentials["url"] == f"http://127.0.0.1:{installation.port}"
    assert credentials["integration_id"] == "DEMO"
    assert stat.S_IMODE(installation.home.credentials.stat().st_mode) == 0o600
    assert all(str(value) in installation.said() for value in credentials.values())
    assert f"127.0.0.1:{installation.smtp_port}" in installation.said()


def test_the_sample_books_wait_for_the_demo_integration(installation: Installation) -> None:
    key = installation.credentials()["api_key"]
    _status, body = installation.get("/api/v1/pending?integration_id=DEMO", Authorization=f"Bearer {key}")
    assert '"ledger_entries"' in body
    assert f'"rows":{SAMPLE_ROWS}' in body.replace(" ", "")


def test_the_readmes_lines_work_as_printed(installation: Installation, tmp_path: Path) -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", readme.partition("## Change a row")[2], re.DOTALL)
    script = "\n".join(blocks).replace("http://127.0.0.1:8000", f"http://127.0.0.1:{installation.port}")
    script = script.replace(".utkorg/", f"{installation.home.path}/").replace(
        "batch.json", str(tmp_path / "batch.json")
    )
    script = script.replace(".venv/bin/python", shlex.quote(sys.executable))
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=settings.BASE_DIR,
        env=installation.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_before, pending, fetched = [json.loads(line) for line in re.findall(r"\{\"integration_id\".*", done.stdout)]
    assert pending["total"] == 1
    assert [row["data"]["name"] for row in fetched["rows"]] == ["Cash in hand"]


def test_the_administrator_can_log_in(installation: Installation) -> None:
    credentials = installation.credentials()
    program = (
        "from django.contrib.auth import authenticate; import sys;"
        f"print(authenticate(username='{credentials['admin_user']}', "
        f"password='{credentials['admin_password']}').is_superuser)"
    )
    assert installation.manage("shell", "-v", "0", "-c", program) == "True"


def test_mail_is_taken_in_once_the_portal_is_on(installation: Installation) -> None:
    address = installation.manage("shell", "-v", "0", "-c", SWITCH_ON)
    with smtplib.SMTP("127.0.0.1", installation.smtp_port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
            client.sendmail("invoice@supplier.se", [f"x{address}"], "Subject: nobody's\n\n")
        client.sendmail("invoice@supplier.se", [address], "Subject: Faktura\n\nHej!\n")
    (kept,) = [file for file in (installation.home.mails / "content").rglob("*") if file.is_file()]
    assert kept.read_bytes() == b"Subject: Faktura\r\n\r\nHej!\r\n"
    assert installation.manage("shell", "-v", "0", "-c", COUNT_MAILS) == "1"
    database = installation.part("postgres")
    assert database
    database.kill()
    with smtplib.SMTP("127.0.0.1", installation.smtp_port) as client:
        client.ehlo()
        client.mail("invoice@supplier.se")
        said = [client.rcpt(address)[0]]
        while said[-1] == 451:
            time.sleep(0.1)
            said.append(client.rcpt(address)[0])
        assert said[-1] == 250


def test_static_files_come_from_the_installation_itself(installation: Installation) -> None:
    _status, page = installation.get("/api/docs/")
    script = re.search(r'src="(/static/[^"]+)"', page)
    assert script is not None
    assert installation.get(script[1])[0] == 200


def test_a_command_beside_it_uses_the_same_database(installation: Installation) -> None:
    assert rows(installation) == SAMPLE_ROWS


def test_a_second_run_of_the_same_home_says_so_and_ends(installation: Installation) -> None:
    code, message = installation.another_run(PORT=str(free_port()))
    assert code == 1
    assert re.fullmatch(r"make run: make run already runs with .+ \(process \d+, http://127.0.0.1:\d+\)\. .+", message)


def test_a_busy_port_is_named(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> None:
    code, message = installation.another_run(UTKORG_HOME=str(tmp_path_factory.mktemp("other")))
    assert code == 1
    assert f"port {installation.port} cannot be used" in message
    code, message = installation.another_run(UTKORG_HOME=str(tmp_path_factory.mktemp("third")), PORT=str(free_port()))
    assert code == 1
    assert f"port {installation.smtp_port} cannot be used" in message
    assert message.endswith("choose another SMTP_PORT")


def test_a_port_that_is_no_number_is_refused(installation: Installation) -> None:
    assert installation.another_run(PORT="http") == (1, "make run: PORT must be a number from 1 to 65535, not 'http'")


@pytest.mark.parametrize("name", list(PARTS))
def test_a_killed_part_is_started_again(installation: Installation, name: str) -> None:
    wait_until(lambda: installation.part(name) is not None, name)  # the reader begins when all else is ready
    killed = installation.part(name)
    assert killed is not None
    killed.kill()
    wait_until(lambda: installation.part(name) not in {None, killed}, f"another {name}")
    wait_until(lambda: installation.get("/healthz")[0] == 200, "healthz")
    assert rows(installation) == SAMPLE_ROWS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_everything_and_starts_as_it_was(
    installation: Installation, number: signal.Signals
) -> None:
    before, processes = installation.credentials(), installation.everything()
    assert installation.stop(number) == 0
    assert psutil.wait_procs(processes, timeout=0)[1] == []
    installation.run()
    assert installation.credentials() == before
    assert rows(installation) == SAMPLE_ROWS


def test_a_killed_supervisor_leaves_nothing_that_the_next_run_does_not_end(installation: Installation) -> None:
    _supervisor, *children = installation.everything()
    assert installation.stop(signal.SIGKILL) == -signal.SIGKILL
    installation.run()
    assert re.search(r"Ended \d+ processes", installation.said())
    assert psutil.wait_procs(children, timeout=0)[1] == []
    assert rows(installation) == SAMPLE_ROWS


def test_all_killed_at_once_nothing_is_lost(installation: Installation) -> None:
    one = "from ledger.models import Company; one = Company.objects.earliest('pk'); "
    rename = f"{one} one.name = 'Saved just before'; one.save()"
    installation.manage("shell", "-v", "0", "-c", rename)
    for process in installation.everything():
        process.kill()
    assert installation.process is not None
    installation.process.wait()
    installation.run()
    assert installation.manage("shell", "-v", "0", "-c", f"{one} print(one.name)") == "Saved just before"


def test_an_old_database_put_back_is_told_on_the_terminal_over_rest_and_on_the_first_page(
    installation: Installation,
) -> None:
    home = installation.home
    installation.stop()
    shutil.copytree(home.postgres, home.path / "backup")
    installation.run()
    rename = "from ledger.models import Account; one = Account.objects.earliest('pk'); one.name = 'Lost'; one.save()"
    marks = next(home.marks.iterdir())
    before = marks.read_text()
    installation.manage("shell", "-v", "0", "-c", rename)
    wait_until(lambda: marks.read_text() != before, "a mark")
    installation.stop()
    shutil.rmtree(home.postgres)
    (home.path / "backup").rename(home.postgres)
    installation.run()
    assert "THIS DATABASE WAS RESTORED FROM A BACKUP" in installation.said()
    headers = {"Authorization": f"Bearer {installation.credentials()['api_key']}"}
    pending = json.loads(installation.get("/api/v1/pending?integration_id=DEMO", **headers)[1])
    assert pending["epoch"] == 2
    assert {"information_type": "ledger_entries", "company": "5555555555"} in pending["resync"]
    assert "The database was restored from a backup" in installation.first_page()
    assert "It is in order." in installation.manage("restored", "--yes")
    assert "was restored from a backup" not in installation.first_page()


def test_it_moves_to_another_port(installation: Installation) -> None:
    installation.stop()
    key = installation.credentials()["api_key"]
    installation.port = free_port()
    installation.run()
    assert installation.credentials()["url"].endswith(f":{installation.port}")
    assert installation.credentials()["api_key"] == key
