"""The mail server killed at each step between a message and its 250: what was promised is there, and whole."""

import hashlib
import os
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from inbox import addresses, storage
from inbox.models import InvoiceAddress, Mail
from tests.concurrency.installation import Installation
from tests.factories import CompanyFactory
from tests.inbox.receiving_server import running

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"Subject: Faktura\r\n\r\n" + b"x" * 200_000 + b"\r\n"

ROWS_LEFT = {
    "before the content is on the disk": 0,
    "between content and envelope": 0,
    "between envelope and row": 0,
    "between row and 250": 1,
}

# One start of Django for all: each server is a child, that dies where its name says, or is killed from outside.
SERVERS = """
import asyncio, os, signal
from inbox import receiving, storage
from inbox.mail_server import server
from inbox.models import Mail

def dies(*_arguments, **_named):
    os.kill(os.getpid(), signal.SIGKILL)

def serve(point):
    if point == "before the content is on the disk": os.fsync = dies
    if point == "between content and envelope": storage.note = dies
    if point == "between envelope and row": Mail.save = dies
    if point == "between row and 250": receiving.ask = dies
    async def run():
        one = server.of_settings()
        print(os.getpid(), await one.start("127.0.0.1", 0), flush=True)
        await asyncio.sleep(600)
    asyncio.run(run())

for point in POINTS:
    if not (child := os.fork()):
        serve(point)
    os.waitpid(child, 0)
"""


@contextmanager
def servers(*points: str) -> Iterator[Callable[[], tuple[int, int]]]:
    """Mail servers one after the other, the next when one is dead; gives what tells the next one's process and port."""
    with Installation(UTKORG_MAIL_FOLDER=str(settings.UTKORG_MAIL_FOLDER)) as installation:
        program = installation.script(f"POINTS = {points!r}\n{SERVERS}")
        assert program.stdout
        said = program.stdout

        def next_one() -> tuple[int, int]:
            for line in said:
                words = line.split()
                if len(words) == 2 and all(word.isdecimal() for word in words):
                    return int(words[0]), int(words[1])
            raise AssertionError("It ended.")

        yield next_one


def address_of() -> InvoiceAddress:
    address = addresses.current(addresses.switch_on(company=CompanyFactory.create()))
    assert address
    return address


def test_killed_at_any_step_nothing_that_was_promised_is_lost_and_a_repeat_is_whole() -> None:
    with servers(*ROWS_LEFT) as next_one, running() as healthy:
        for point, left in ROWS_LEFT.items():
            address = address_of()
            _process, port = next_one()
            dead = (smtplib.SMTPServerDisconnected, ConnectionError)
            with pytest.raises(dead), smtplib.SMTP("127.0.0.1", port) as client:
                client.sendmail("a@b.se", [str(address)], CONTENT)
            mails = Mail.objects.filter(company=address.portal.company)
            assert (point, mails.count()) == (point, left)
            with healthy.client() as client:
                client.sendmail("a@b.se", [str(address)], CONTENT)
            # A repeat is a duplicate for whoever reads it.
            assert list(mails.values_list("digest", flat=True)) == [hashlib.sha256(CONTENT).hexdigest()] * (left + 1)
            assert storage.content_of(mails[0].digest) == CONTENT
            storage.mail_storage().delete(storage.path_of(mails[0].digest))  # for the next one to keep
    known = {envelope.uid for envelope in storage.envelopes()}
    assert set(Mail.objects.values_list("uid", flat=True)) <= known


def test_killed_while_many_send_it_has_everything_that_it_said_250_to() -> None:
    address, promised = address_of(), set()

    def send(port: int, name: str) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", port) as client:
                for number in range(1000):
                    content = f"Subject: {name} {number}\r\n\r\n{'x' * 20_000}\r\n".encode()
                    client.sendmail("a@b.se", [str(address)], content)
                    promised.add(hashlib.sha256(content).hexdigest())
        except (smtplib.SMTPException, ConnectionError):
            return

    with servers("", "", "") as next_one:
        for life in range(3):
            process, port = next_one()
            clients = [threading.Thread(target=send, args=(port, f"{life}-{number}")) for number in range(5)]
            for client in clients:
                client.start()
            before, end = len(promised), time.monotonic() + 60
            while len(promised) < before + 10 and time.monotonic() < end:
                time.sleep(0.01)
            os.kill(process, signal.SIGKILL)
            for client in clients:
                client.join()
            assert len(promised) > before
    stored = set(Mail.objects.values_list("digest", flat=True))
    assert promised <= stored
    assert all(storage.content_of(digest) for digest in stored)
