"""The virus scanner: asked over its socket, and never passed by."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from inbox import virus, worker
from inbox.models import IncomingInvoice, Mail
from inbox.receiving import receive
from tests import factories
from tests.inbox.scanner import EICAR, Scanner, scanner


@pytest.fixture(params=["unix", "tcp"])
def clamd(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Scanner]:
    is_unix = request.param == "unix"
    with (
        tempfile.TemporaryDirectory() as folder,  # a socket's path is short
        scanner(Path(folder) / "clamd.ctl" if is_unix else None) as running,
    ):
        settings.CLAMAV_SOCKET = running.place
        yield running


def test_what_is_clean_passes_and_what_is_not_is_named(clamd: Scanner) -> None:
    large = bytes(range(256)) * 4096
    assert virus.is_answering()
    assert (virus.verdict(b""), virus.verdict(large)) == (None, None)
    assert clamd.scanned == [b"", large]
    assert virus.verdict(b"Subject: x\r\n\r\n" + EICAR) == "Eicar-Test-Signature"


def test_what_is_too_large_for_the_scanner_is_not_taken_for_clean(clamd: Scanner) -> None:
    clamd.limit = 100_000
    with pytest.raises(virus.NotScanned, match="size limit"):
        virus.verdict(bytes(10_000_000))


@pytest.mark.parametrize("said", ["", "stream: Can't allocate memory ERROR", "stream: OK FOUND ERROR", "OK"])
def test_whatever_else_it_says_is_no_verdict(settings: Settings, said: str) -> None:
    with scanner() as running:
        settings.CLAMAV_SOCKET = running.place
        running.says = said or "\0"
        with pytest.raises(virus.ScannerAway):
            virus.verdict(b"x")


def test_a_scanner_that_is_away_is_not_passed_by(settings: Settings) -> None:
    with scanner() as running:
        gone = running.place
    for place in (gone, "/nowhere/clamd.ctl", "unix:/nowhere/clamd.ctl", "what is this", "host:99999"):
        settings.CLAMAV_SOCKET = place
        assert not virus.is_answering()
        with pytest.raises(virus.ScannerAway):
            virus.verdict(b"x")


def test_without_the_setting_nothing_is_asked(settings: Settings) -> None:
    settings.CLAMAV_SOCKET = ""
    assert virus.verdict(EICAR) is None


def test_a_setting_names_a_socket_or_a_port() -> None:
    assert virus.place_of("/run/clamav/clamd.ctl") == "/run/clamav/clamd.ctl"
    assert virus.place_of("unix:///run/clamd.ctl") == virus.place_of("unix:/run/clamd.ctl") == "/run/clamd.ctl"
    assert virus.place_of("clamav:3310") == virus.place_of("tcp://clamav:3310") == ("clamav", 3310)
    assert virus.place_of("[::1]:3310") == ("::1", 3310)


@pytest.mark.django_db(transaction=True)
def test_a_message_waits_for_the_scanner_and_what_is_infected_goes_into_quarantine(settings: Settings) -> None:
    company = factories.CompanyFactory.create(number="100")

    def come(content: bytes) -> Mail:
        return receive(content=b"Subject: Faktura\r\n\r\n" + content, company=company, source=Mail.Source.SMTP)

    with scanner() as gone:
        settings.CLAMAV_SOCKET = gone.place
    mail = come(EICAR)
    for _time in range(4):
        with pytest.raises(worker.NotNow):
            worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    assert mail.status in Mail.UNFINISHED
    with scanner() as running:
        settings.CLAMAV_SOCKET = running.place
        worker.run(mail_id=mail.pk)
        mail.refresh_from_db()
        assert (mail.status, mail.subject) == (Mail.Status.QUARANTINED, "Faktura")
        assert mail.reason == {"code": "virus", "values": {"name": "Eicar-Test-Signature"}}
        running.limit = 100
        large = come(b"x" * 100_000)
        worker.run(mail_id=large.pk)
        large.refresh_from_db()
        assert large.reason == {"code": "not_scanned"}
    assert not IncomingInvoice.objects.exists()
