"""docs/time-api.md says what works: its commands and its client are run."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as ours
from pytest_django import Settings

from config.redaction import RedactSecrets
from tests.factories import CompanyFactory, TimeCategoryFactory, make_key
from tests.live import live_server
from tests.timesheets.callers import person
from timesheets.models import TimeTransaction

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (ours.BASE_DIR / "docs" / "time-api.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.+?)```", GUIDE, re.DOTALL)
CLIENT = re.findall(r"<!-- take_over.py -->\n```python\n(.+?)```", GUIDE, re.DOTALL)
HOURS = 5_010


class Exporter:
    """Somebody with the guide, an address, a key and an empty folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        company = CompanyFactory.create(number="100")
        _key, text = make_key(owner=person(company=company), company=company)
        self.environment = {**os.environ, "UTKORG": url, "KEY": text, "CLIENT": "100"}
        (folder / "take_over.py").write_text(CLIENT[0], encoding="utf-8")
        self.category = TimeCategoryFactory.create(company=company, number=10)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the folder."""
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def make_hours(self, count: int) -> None:
        """So many, all approved."""
        TimeTransaction.objects.bulk_create(
            TimeTransaction(
                company=self.category.company,
                time_category=self.category,
                uid=uid,
                employee_id=1,
                date_in="2024-07-10",
                quantity="7.50",
                approved_level_one=1,
                approved_level_one_on="2024-07-11T09:00Z",
            )
            for uid in range(1, count + 1)
        )


@pytest.fixture
def exporter(settings: Settings, tmp_path: Path) -> Iterator[Exporter]:
    settings.UTKORG_THROTTLE_RATES = {}
    with live_server() as server:
        yield Exporter(server.url, tmp_path)


def marked() -> int:
    return TimeTransaction.objects.filter(external_status_code="exported").count()


def test_the_commands_work_in_their_order(exporter: Exporter) -> None:
    exporter.make_hours(3)
    done = exporter.run("bash", "-euc", "\n".join(COMMANDS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["uid"] for row in json.loads((exporter.folder / "hours.json").read_text())] == [1, 2, 3]
    assert json.loads(done.stdout) == {"updated": 3, "conflicts": []}
    assert marked() == 3


def test_the_client_takes_over_what_is_new_page_by_page(exporter: Exporter) -> None:
    exporter.make_hours(HOURS)
    done = exporter.run(sys.executable, "take_over.py", "2024-07-01", "2024-07-31")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{HOURS} records, {HOURS * 7.5} hours",
        "5000 marked, 0 changed meanwhile",
        "10 marked, 0 changed meanwhile",
    ]
    assert marked() == HOURS
    again = exporter.run(sys.executable, "take_over.py", "2024-07-01", "2024-07-31")
    assert again.stdout.splitlines() == ["0 records, 0 hours"]


def test_no_token_stands_in_the_web_servers_log(exporter: Exporter) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactSecrets())
    served = logging.getLogger("uvicorn.access")
    served.addHandler(handler)
    served.setLevel(logging.INFO)
    try:
        done = exporter.run(
            "bash",
            "-euc",
            COMMANDS[0]
            + """
            curl -sS "$UTKORG/api/public/v1/Time/getTimeTransactions?accessToken=$TOKEN&clientId=100"
            curl -sS "$UTKORG/api/public/v1/Time/getTimeTransactions?%61ccessToken=$TOKEN&clientId=100"
            echo "$TOKEN" > token""",
        )
    finally:
        served.removeHandler(handler)
        served.setLevel(logging.NOTSET)
    assert done.returncode == 0, done.stderr
    assert written.getvalue().count("[hidden]&clientId=100") == 2
    assert (exporter.folder / "token").read_text().strip() not in written.getvalue()


def test_the_client_says_what_is_wrong(exporter: Exporter) -> None:
    done = exporter.run(sys.executable, "take_over.py", "2024-01-01", "2024-12-31")
    assert done.stderr.startswith("400 period_too_long: ")
