"""The guide for integrators says what works: its commands and its client are run."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as ours
from pytest_django import Settings

from ledger.models import Account
from onetime_transfer import running
from onetime_transfer.models import Transfer
from revisions import fan_out, queues
from subscriptions.models import Subscription
from tests import factories
from tests.consumers import name_of, register
from tests.live import live_server
from tests.registers import make_some_of_each

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = (ours.BASE_DIR / "docs" / "integrators.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?<!<!-- yours -->\n)(?<!<!-- writing -->\n)```sh\n(.+?)```", GUIDE, re.DOTALL)
WRITING = re.findall(r"<!-- writing -->\n```sh\n(.+?)```", GUIDE, re.DOTALL)
CLIENT = re.findall(r"<!-- follow.py -->\n```python\n(.+?)```", GUIDE, re.DOTALL)


class Integrator:
    """Somebody with the guide, an address, a key and an empty folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.subscription = factories.make_subscription(integration_id="EXOPEN")
        _key, text = factories.make_key(application=self.subscription.application)
        self.environment = {**os.environ, "UTKORG": url, "INTEGRATION": "EXOPEN", "KEY": text}
        (folder / "follow.py").write_text(CLIENT[0], encoding="utf-8")

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the folder."""
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def follow(self) -> "subprocess.CompletedProcess[str]":
        """Run the guide's client until everything is fetched."""
        fan_out.drain()
        return self.run(sys.executable, "follow.py", "--once")

    def copy(self) -> dict[tuple[str, str], Any]:
        """What the client has stored, by type and key."""
        with sqlite3.connect(self.folder / "copy.db") as copy:
            rows = copy.execute("select information_type, key, data from copy").fetchall()
        return {(name, name_of(json.loads(key))): json.loads(data) for name, key, data in rows}


@pytest.fixture
def books() -> factories.Books:
    """The books of a company, made before anybody subscribed."""
    books = factories.make_books(number="100")
    make_some_of_each(books)
    fan_out.drain()
    return books


@pytest.fixture
def integrator(books: factories.Books, settings: Settings, tmp_path: Path) -> Iterator[Integrator]:
    settings.UTKORG_THROTTLE_RATES = {}
    with live_server() as server:
        yield Integrator(server.url, tmp_path)


def run_transfers() -> None:
    """Do what a worker does."""
    for transfer in Transfer.objects.filter(status=Transfer.Status.QUEUED).order_by("pk"):
        running.run(transfer_id=transfer.pk)


def test_the_commands_work_in_their_order(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    fan_out.drain()
    assert len(COMMANDS) == 5
    done = integrator.run("bash", "-euc", "\n".join(COMMANDS))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"total": 2' in done.stdout
    assert '{"acknowledged":2,"remaining":0}' in done.stdout
    assert Transfer.objects.get().type.name == "accounts"


def test_what_writes_works_in_its_order(integrator: Integrator) -> None:
    done = integrator.run("bash", "-euc", "\n".join(WRITING))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"phone":"08-123 45"' in done.stdout
    assert '"voucher_text":"Payroll, corrected"' in done.stdout
    assert '"reverses":{"financial_year":"2024-01-01","series":"A","number":"1"}' in done.stdout
    assert '"invoice_number":"F17"' in done.stdout
    assert '"external_id":"clock-2"' in done.stdout
    landed = '"landed":[{"information_type":"suppliers","key":{"company":"100","number":"S17"},"operation":"changed"}]'
    assert done.stdout.count(landed) == 2
    assert '"name":"On the train","status":"out","companies":["100"]' in done.stdout


def test_the_client_ends_with_exactly_the_register(integrator: Integrator, books: factories.Books) -> None:
    assert (integrator.follow().returncode, integrator.copy()) == (0, {})
    run_transfers()
    assert integrator.follow().returncode == 0
    assert integrator.copy() == register()
    books.post()
    Account.objects.filter(number="1910").update(name="Cash in hand")
    factories.SupplierFactory.create(company=books.company).delete()
    assert integrator.follow().returncode == 0
    assert integrator.copy() == register()
    assert not Subscription.objects.get().resync.exists()


def test_the_client_stores_a_batch_once_when_its_receipt_was_lost(
    integrator: Integrator, books: factories.Books
) -> None:
    books.post()
    assert integrator.follow().returncode == 0
    books.post()
    fan_out.drain()
    client = (integrator.folder / "follow.py").read_text(encoding="utf-8")
    broken = client.replace('answered(utkorg.post("receipts"', 'sys.exit("lost"); answered(utkorg.post("receipts"')
    (integrator.folder / "follow.py").write_text(broken, encoding="utf-8")
    assert integrator.follow().stderr == "lost\n"
    (integrator.folder / "follow.py").write_text(client, encoding="utf-8")
    books.post()
    assert integrator.follow().returncode == 0
    assert {name for name in integrator.copy() if name[0] == "ledger_entries"} < register("ledger_entries").keys()


def test_the_client_says_that_the_queue_was_cut(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    assert integrator.follow().returncode == 0
    books.post()
    queues.cut(subscription=Subscription.objects.get())
    books.post()
    done = integrator.follow()
    assert done.returncode == 0
    assert "The queue was cut (epoch 2)" in done.stderr


def test_the_client_says_what_is_wrong(integrator: Integrator) -> None:
    integrator.environment["INTEGRATION"] = "NOBODY"
    assert integrator.follow().stderr.startswith("404 not_found: ")
