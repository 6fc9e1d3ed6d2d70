"""Existing mailboxes on a real IMAP server: each message is taken in once, and marked only then."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from inbox import addresses, storage
from inbox.mailboxes import owners, reading, watching
from inbox.mailboxes.owners import NotReady
from inbox.mailboxes.urls import Mailbox, parse, parse_all
from inbox.models import InvoiceAddress, Mail, MailboxPosition
from notices import kinds
from notices.models import Notice
from tests.embedded.installation import free_port
from tests.factories import CompanyFactory, UserFactory

PASSWORD = "hem%40lig,t"  # as it is written in an address


class Server:
    """pymap with one user, in memory: started again it has numbered its messages anew."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [
            str(Path(sys.executable).with_name("pymap")),
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-tls",
        ]
        user = ["dict", "--demo-data", "--demo-user", "faktura", "--demo-password", "hem@lig,t"]
        self._process = subprocess.Popen([*command, *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), self.client():
            return True
        return False

    @contextlib.contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Somebody else with a mail program, in the inbox."""
        with IMAPClient("127.0.0.1", self.port, ssl=False) as client:
            client.login("faktura", "hem@lig,t")
            client.select_folder("INBOX")
            yield client

    def put(self, *contents: bytes, flags: Any = ()) -> None:
        """Have messages arrive."""
        with self.client() as client:
            for content in contents:
                client.append("INBOX", content, flags)

    def mailbox(self, options: str = "") -> Mailbox:
        """Its address, as the settings have it."""
        return parse(f"imap://faktura:{PASSWORD}@127.0.0.1:{self.port}/INBOX{options}")


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def pymap() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(pymap: Server) -> Server:
    with pymap.client() as client:
        if found := client.search():
            client.delete_messages(found)
            client.expunge()
    return pymap


def address_of() -> InvoiceAddress:
    address = addresses.current(addresses.switch_on(company=CompanyFactory.create()))
    assert address
    return address


def read(mailbox: Mailbox) -> int:
    """A session from beginning to end; how many messages it took in."""
    with reading.connected(mailbox) as client:
        return reading.Session(mailbox, client).take_in_new()


def letter(number: int, to: object = "faktura@example.se") -> bytes:
    return f"Return-Path: <a@supplier.se>\r\nTo: <{to}>\r\nSubject: {number}\r\n\r\nhej \r\n".encode() + b"\xff\0\r\n"


def kept() -> list[tuple[bytes, str | None]]:
    """What was stored, and for which company."""
    mails = Mail.objects.select_related("company").order_by("pk")
    return [(storage.content_of(mail.digest), mail.company.number if mail.company else None) for mail in mails]


@pytest.mark.django_db
def test_what_is_unread_at_first_and_all_that_comes_later_is_taken_in_once_and_marked(server: Server) -> None:
    number = address_of().portal.company.number
    mailbox = server.mailbox(f"?company={number}")
    server.put(letter(1), flags=(SEEN,))
    server.put(letter(2))
    assert read(mailbox) == 1
    assert read(mailbox) == 0
    server.put(letter(3), flags=(SEEN,))
    server.put(letter(4))
    assert read(mailbox) == 2
    assert kept() == [(letter(one), number) for one in (2, 3, 4)]
    assert set(Mail.objects.values_list("source", "envelope_sender")) == {("imap", "a@supplier.se")}
    with server.client() as client:
        assert client.search("UNSEEN") == []


@pytest.mark.django_db
def test_whose_a_message_is_its_addresses_tell_and_nobodys_is_kept_for_a_person(server: Server) -> None:
    one, two = address_of(), address_of()
    delivered = f"Delivered-To: {one.local_part}@invoices.localhost\r\nCc: B <{two}>, c@d.se\r\n\r\n".encode()
    server.put(letter(1, one), delivered, letter(3), b"\r\n\r\nno headers\r\n")
    assert read(server.mailbox()) == 4
    first, second = one.portal.company.number, two.portal.company.number
    assert [company for _content, company in kept()] == [first, first, second, None, None]


@pytest.mark.django_db
def test_what_is_stored_is_moved_where_that_is_wanted(server: Server) -> None:
    address = address_of()
    server.put(letter(1, address))
    assert read(server.mailbox("?move_to=Bokförda")) == 1
    with server.client() as client:
        assert client.search() == []
        assert client.folder_status("Bokförda", ["MESSAGES"])[b"MESSAGES"] >= 1


@pytest.mark.django_db
def test_a_death_before_a_message_is_marked_takes_none_twice(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put(letter(1, address_of()))

    def dies(*_arguments: object) -> None:
        raise ConnectionResetError("dead")

    with monkeypatch.context() as patch:
        patch.setattr(IMAPClient, "add_flags", dies)
        with pytest.raises(ConnectionResetError):
            read(server.mailbox())
    assert read(server.mailbox()) == 0
    assert len(kept()) == 1
    with server.client() as client:
        assert client.search("UNSEEN") == []


@pytest.mark.django_db
def test_what_may_not_be_moved_stays_where_it_is_is_told_and_keeps_nobody_waiting(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, address = UserFactory.create(is_superuser=True), address_of()
    mailbox = server.mailbox("?move_to=Bokförda")
    server.put(letter(1, address), letter(2, address))

    def refuses(*_arguments: object) -> None:
        raise IMAPClientError("NO [NOPERM] not here")

    with monkeypatch.context() as patch:
        for command in ("create_folder", "folder_exists", "move", "copy"):
            patch.setattr(IMAPClient, command, refuses)
        assert [read(mailbox), read(mailbox)] == [2, 0]
        server.put(letter(3, address))
        assert read(mailbox) == 1
    assert [content for content, _company in kept()] == [letter(number, address) for number in (1, 2, 3)]
    notice = Notice.objects.get(user=person)
    assert "[NOPERM]" in kinds.words_of(notice.kind, notice.parameters).detail
    with server.client() as client:
        assert len(client.search()) == 3
    server.put(letter(4, address))
    assert read(mailbox) == 1
    with server.client() as client:
        assert len(client.search()) == 3


@pytest.mark.django_db
def test_a_message_that_cannot_be_stored_stays_and_is_taken_later(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(letter(1, address_of()))

    def full(_content: bytes) -> str:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", full)
        with pytest.raises(OSError, match="no room"):
            read(server.mailbox())
    with server.client() as client:
        assert len(client.search("UNSEEN")) == 1
    assert read(server.mailbox()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("understated", [False, True])
def test_one_that_is_too_large_stays_and_is_told_once(
    server: Server, settings: Any, understated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.UTKORG_MAIL_MAX_MB = 1
    fetch = IMAPClient.fetch

    def fetch_understated(client: IMAPClient, uids: Any, names: list[str]) -> Any:
        found = fetch(client, uids, names)
        return {uid: {**values, b"RFC822.SIZE": 1} for uid, values in found.items()}

    if understated:
        monkeypatch.setattr(IMAPClient, "fetch", fetch_understated)
    person, address = UserFactory.create(is_superuser=True), address_of()
    server.put(letter(1, address) + b"x" * 1_048_576, letter(2, address))
    assert read(server.mailbox()) == 1
    assert read(server.mailbox()) == 0
    assert kept() == [(letter(2, address), address.portal.company.number)]
    assert Notice.objects.filter(user=person).count() == 1
    with server.client() as client:
        assert len(client.search("UNSEEN")) == 1


@pytest.mark.django_db
def test_a_message_that_somebody_deletes_meanwhile_is_passed_over(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of()
    server.put(letter(1, address), letter(2, address))
    with reading.connected(server.mailbox()) as client:
        session = reading.Session(server.mailbox(), client)
        found = session._new()
        with server.client() as somebody:
            somebody.delete_messages(found[:1])
            somebody.expunge()
        looks = iter((found, []))
        monkeypatch.setattr(session, "_new", lambda: next(looks))
        assert session.take_in_new() == 1
    assert kept() == [(letter(2, address), address.portal.company.number)]


@pytest.mark.django_db(transaction=True)
def test_watched_it_is_told_of_news_at_once_and_goes_on_when_the_server_was_away(server: Server) -> None:
    address, stop = address_of(), threading.Event()
    mailbox = server.mailbox()
    watching_it = threading.Thread(target=watching.watch, args=(mailbox, stop), kwargs={"shortest": 0.2})
    watching_it.start()
    try:
        wait_until(MailboxPosition.objects.exists)
        server.put(letter(1, address))
        wait_until(lambda: Mail.objects.count() == 1)
        server.stop()
        wait_until(lambda: MailboxPosition.objects.filter(failing_since__isnull=False).exists())
        server.start()
        # In memory: another mailbox with other numbers, in which what we know comes again.
        server.put(letter(1, address), letter(2, address))
        wait_until(lambda: Mail.objects.filter(envelope_sender="a@supplier.se").count() == 2)
        wait_until(lambda: MailboxPosition.objects.filter(failing_since=None, to_mark=None).exists())
    finally:
        stop.set()
        watching_it.join()
    ours = [content for content, company in kept() if company]
    assert ours == [letter(1, address), letter(2, address)]


@pytest.mark.django_db
def test_a_company_whose_portal_is_off_leaves_its_mailbox_alone(server: Server) -> None:
    address = address_of()
    mailbox = server.mailbox(f"?company={address.portal.company.number}")
    addresses.switch_off(company=address.portal.company)
    with pytest.raises(NotReady):
        owners.check_company(mailbox)


def test_a_mailbox_is_read_from_its_address() -> None:
    one = parse(
        "imaps://faktura%40bolaget.se:p%2Cw@imap.example.se/Inkorg%2FFakturor?company=100&begin=all&move_to=Klart"
    )
    assert (one.host, one.port, one.encrypted, one.user) == ("imap.example.se", 993, True, "faktura@bolaget.se")
    assert (one.folder, one.company, one.begin, one.move_to) == ("Inkorg/Fakturor", "100", "all", "Klart")
    assert (one.password, "p,w" in repr(one)) == ("p,w", False)
    assert one.without_password("LOGIN faktura p,w failed") == "LOGIN faktura [hidden] failed"
    assert parse("imap://a:b@localhost").port == 143


@pytest.mark.parametrize(
    "url",
    [
        "pop3://a:hemligt@b",
        "imaps://a:hemligt",
        "imaps://a@hemligt",
        "imaps://a:b:hemligt@c:hemligt/",
        "imaps://a:hemligt@c?folder=x",
        "imaps://a:hemligt@c?company=å",
        "imaps://a:hemligt@c?begin=never",
        "imaps://a:hemligt@c?x",
        "imaps://a:hemligt@[c",
    ],
)
def test_a_bad_address_is_told_by_its_place_without_its_password(settings: Any, url: str) -> None:
    with pytest.raises(ValueError, match="number 2: ") as raised:
        parse_all(["imaps://a:b@c", url])
    assert "hemligt" not in str(raised.value)
    settings.IMAP_MAILBOXES = [url]
    (error,) = [found for found in run_checks() if found.id == "inbox.E006"]
    assert "hemligt" not in str(error)


def test_settings_that_nobody_could_receive_mail_with_are_refused(settings: Any) -> None:
    settings.SMTP_PORT = 0
    settings.SMTP_MEMORY_MB = 1
    settings.SMTP_TRUSTED_RELAYS = ["10.0.0.0/33"]
    settings.SMTP_TLS_REQUIRED = True
    found = {error.id for error in run_checks()}
    assert {f"inbox.E00{number}" for number in range(1, 5)} <= found
    settings.SMTP_TLS_CERTIFICATE = settings.IMAP_CA_FILE = "/nowhere.pem"
    assert {"inbox.E005", "inbox.E007"} <= {error.id for error in run_checks()}
