"""The mail server as real clients meet it: whom it takes mail for, what it stores, and what it won't have."""

import hashlib
import smtplib
import ssl
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection

from inbox import addresses, storage
from inbox.mail_server.certificates import Certificate
from inbox.models import InvoiceAddress, Mail
from tests.factories import CompanyFactory
from tests.full_disk import no_room
from tests.inbox.receiving_server import Running, running

pytestmark = pytest.mark.django_db(transaction=True)

# Most may not be shipped: they are beside the project, or only two are here.
COLLECTION = django_settings.BASE_DIR.parent / "shared" / "data" / "peppol"
SHIPPED = django_settings.BASE_DIR / "tests" / "data" / "invoices"
INVOICES = sorted((COLLECTION if COLLECTION.exists() else SHIPPED).glob("*.xml"))


@pytest.fixture
def server() -> Iterator[Running]:
    with running() as one:
        yield one


def address_of(**fields: Any) -> InvoiceAddress:
    address = addresses.current(addresses.switch_on(company=CompanyFactory.create(**fields)))
    assert address
    return address


def refused(client: smtplib.SMTP, recipient: object, content: bytes = b"Subject: x\r\n\r\nx\r\n") -> tuple[int, bytes]:
    """How the server refuses a message, at whichever step."""
    try:
        client.sendmail("a@supplier.se", [str(recipient)], content)
    except smtplib.SMTPRecipientsRefused as error:
        (reply,) = error.recipients.values()
        return reply
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, bytes(error.smtp_error)  # type: ignore[arg-type]
    raise AssertionError("It was taken.")


def test_a_message_is_stored_byte_for_byte_before_its_sender_is_told_so(server: Running) -> None:
    address = address_of()
    lines = b"\r\n".join(
        [b"Subject: =?x", b"", b".", b"..two", b"long " * 40_000, b"\x00\xff\xe5", b".dot", b"\rr", b""]
    )
    content = b".first\r\n" + lines
    with server.client() as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(1024 * 1024)
        assert "8bitmime" in client.esmtp_features
        assert "smtputf8" in client.esmtp_features
        assert "auth" not in client.esmtp_features
        client.mail("invoice@supplier.se", ["BODY=8BITMIME", "SIZE=300000"])
        client.rcpt(str(address).upper())
        code, reply = client.data(content)
    assert code == 250
    mail = Mail.objects.get()
    assert str(mail.uid) in reply.decode()
    assert storage.content_of(mail.digest) == content
    assert (mail.company, mail.address, mail.source) == (address.portal.company, address, Mail.Source.SMTP)
    assert (mail.recipient, mail.envelope_sender) == (str(address).upper(), "invoice@supplier.se")
    assert mail.uid in [envelope.uid for envelope in storage.envelopes()]


def test_without_room_a_sender_is_told_to_try_again_and_nothing_is_kept(server: Running) -> None:
    address = address_of()
    with no_room(), server.client() as client:
        assert refused(client, address) == (452, b"4.3.1 There is no room for messages now, try again later")
    assert not Mail.objects.exists()
    with server.client() as client:
        assert client.sendmail("a@supplier.se", [str(address)], b"Subject: x\r\n\r\nx\r\n") == {}


def test_real_invoices_come_as_they_were_sent(server: Running) -> None:
    address, sent = address_of(), []
    with server.client() as client:
        for file in INVOICES:
            message = EmailMessage()
            message["Subject"], message["From"], message["To"] = f"Faktura {file.stem}", "f@supplier.se", str(address)
            message.set_content("Hej!\n.\nHär kommer en faktura.\n")
            message.add_attachment(file.read_bytes(), maintype="application", subtype="xml", filename=file.name)
            content = message.as_bytes(policy=SMTP)
            assert client.sendmail("f@supplier.se", [str(address)], content) == {}
            sent.append(hashlib.sha256(content).hexdigest())
    assert list(Mail.objects.order_by("pk").values_list("digest", flat=True)) == sent


def test_only_addresses_that_work_are_taken_and_all_others_are_refused_alike(server: Running) -> None:
    address, off = address_of(), address_of()
    addresses.switch_off(company=off.portal.company)
    others = [
        off,
        f"x{address}",
        f"{address.local_part}@elsewhere.se",
        "postmaster",
        "å@invoices.localhost",
        "\0@x",
        "<>",
    ]
    with server.client() as client:
        client.command_encoding = "utf-8"
        client.ehlo()
        client.mail("a@supplier.se")
        replies = {client.docmd("RCPT", f"TO:<{other}>") for other in map(str, others)}
        assert {code for code, _text in replies} <= {550, 553}
        assert len({text for code, text in replies if code == 550}) == 1
        assert client.docmd("DATA")[0] == 503
    assert Mail.objects.count() == 0


def test_every_company_gets_a_message_to_several_once(server: Running) -> None:
    one, two = address_of(), address_of()
    with server.client() as client:
        told = client.sendmail(
            "a@b.se", [str(one), f"{one.local_part}+x@invoices.localhost", str(two), "no@x.se"], "hej"
        )
    assert list(told) == ["no@x.se"]
    assert sorted(Mail.objects.values_list("company", flat=True)) == sorted(
        [one.portal.company_id, two.portal.company_id]
    )
    assert len(set(Mail.objects.values_list("digest", flat=True))) == 1


def test_of_several_all_get_it_or_none(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = address_of(), address_of()
    note, noted = storage.note, []

    def fail_once(envelope: storage.Envelope) -> None:
        noted.append(envelope)
        if len(noted) == 2:
            raise OSError("the disk went away")
        note(envelope)

    monkeypatch.setattr(storage, "note", fail_once)
    with server.client() as client:
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            client.sendmail("a@b.se", [str(one), str(two)], "hej")
        assert Mail.objects.count() == 0
        assert client.sendmail("a@b.se", [str(one), str(two)], "hej") == {}
    assert Mail.objects.count() == 2


def test_bounces_and_international_senders_are_taken(server: Running) -> None:
    address = address_of()
    with server.client() as client:
        client.sendmail("", [str(address)], "Subject: Undelivered\n\n")
        client.sendmail("fakturor@företaget.se", [str(address)], "hej", mail_options=["SMTPUTF8"])
    assert sorted(Mail.objects.values_list("envelope_sender", flat=True)) == ["", "fakturor@företaget.se"]


def test_what_is_too_large_is_refused_before_during_and_without_end(server: Running) -> None:
    address = address_of()
    with server.client() as client:
        client.ehlo()
        assert client.mail("a@b.se", ["SIZE=1048577"])[0] == 552
        assert refused(client, address, b"x" * 1_048_577)[0] == 552
        client.sendmail("a@b.se", [str(address)], b"x" * 1_048_574 + b"\r\n")
    talk = server.talk()
    talk.begin(address)
    for _piece in range(50):
        talk.send(b"x" * 65_536)
    assert talk.hear().startswith("552")
    assert talk.hear().startswith("421")
    assert talk.hear() == ""
    assert Mail.objects.get().size == 1_048_576


def test_memory_is_for_all_messages_together(server: Running) -> None:
    address = address_of()
    with running(memory=400_000) as small:
        first, second = small.talk(), small.client()
        first.begin(address)
        first.send(b"x" * 300_000)
        assert refused(second, address, b"y" * 300_000)[0] == 452
        first.send(b"\r\n.\r\n")
        assert first.hear().startswith("250")
        assert second.sendmail("a@b.se", [str(address)], b"y" * 300_000) == {}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a\r\n.\n.\r\nb\r\n", "550"),
        (b"a\n.\r\nMAIL FROM:<smuggled@x.se>\r\n", "550"),
        (b"a\n.\nb", "550"),
        (b"a\r.\rb", "250"),
        (b"", "250"),
    ],
)
def test_nothing_is_smuggled_in_behind_a_message(server: Running, content: bytes, code: str) -> None:
    talk = server.talk()
    talk.begin(address_of())
    talk.send(content + b"\r\n.\r\n")
    assert talk.hear().startswith(code)
    assert talk.say("NOOP").startswith("250")
    assert Mail.objects.filter(envelope_sender="smuggled@x.se").count() == 0


def test_an_empty_message_ends(server: Running) -> None:
    talk = server.talk()
    talk.begin(address_of())
    talk.send(b".\r\n")
    assert talk.hear().startswith("250")
    assert Mail.objects.get().size == 0


def test_while_the_database_or_the_storage_is_away_senders_are_told_to_try_again(
    server: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    address = address_of()

    def away(_recipient: str) -> None:
        raise OperationalError("server closed the connection")

    with server.client() as client:
        with monkeypatch.context() as patch:
            patch.setattr(addresses, "find", away)
            assert refused(client, address)[0] == 451
        kept = settings.UTKORG_MAIL_FOLDER
        (tmp_path / "file").write_text("no folder")
        settings.UTKORG_MAIL_FOLDER = str(tmp_path / "file")
        assert refused(client, address)[0] == 451
        settings.UTKORG_MAIL_FOLDER = kept
        assert client.sendmail("a@b.se", [str(address)], "hej") == {}
    assert Mail.objects.count() == 1


def test_connections_that_the_database_ended_are_replaced(server: Running) -> None:
    address = address_of()
    with server.client() as client:
        client.sendmail("a@b.se", [str(address)], "hej")
        terminate_others()
        client.sendmail("a@b.se", [str(address)], "hej igen")
    assert Mail.objects.count() == 2


def test_a_stranger_is_held_within_limits() -> None:
    address = address_of()
    with running(trusted=(), connections_per_address=2, messages_per_minute=3, mistakes=4, recipients=2) as strict:
        first, second = strict.talk(), strict.talk()
        assert first.hear().startswith("220")
        assert second.hear().startswith("220")
        assert strict.talk().hear().startswith("421 4.7.0")
        second.close()
        first.say("HELO x")
        for _message in range(3):
            assert first.say("MAIL FROM:<a@b.se>").startswith("250")
            first.say("RSET")
        assert first.say("MAIL FROM:<a@b.se>").startswith("451 4.7.1")
        for _mistake in range(2):
            assert first.say("RCPT TO:<x@y.se>").startswith("503")
        assert first.say("NONSENSE").startswith("500")
        assert first.hear().startswith("421 4.7.0")
        assert first.hear() == ""
    with running(recipients=1, trusted=()) as strict, strict.client() as client:
        client.ehlo()
        client.mail("a@b.se")
        assert [client.rcpt(str(address))[0], client.rcpt(str(address))[0]] == [250, 452]


def test_all_together_are_limited_and_who_says_nothing_is_cut_off() -> None:
    with running(connections=1, idle_seconds=0.5) as strict:
        only = strict.talk()
        assert only.hear().startswith("220")
        assert strict.talk().hear().startswith("421 4.3.2")
        assert only.hear() == ""


def test_nothing_is_relayed_nobody_signs_in_and_nobody_is_named(server: Running) -> None:
    talk = server.talk()
    talk.hear()
    talk.say("EHLO x")
    assert talk.say("AUTH PLAIN AGEAYg==").startswith("502")
    assert talk.say(f"VRFY {address_of()}").startswith("252")
    assert talk.say("EXPN all").startswith("502")
    assert talk.say("MAIL FROM:<((((((").startswith("553")
    assert talk.say(b"MAIL FROM:<\xff\xfe>").startswith(("250", "553"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("certificate")
    files = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]],
        check=True,
        capture_output=True,
    )
    return files


def test_mail_comes_encrypted_and_must_where_it_is_asked_for(certificate: tuple[str, str]) -> None:
    address, trusting = address_of(), ssl.create_default_context(cafile=certificate[0])
    with running(certificate=Certificate(*certificate), tls_required=True) as server:
        with smtplib.SMTP("localhost", server.port, timeout=30) as client:
            client.ehlo()
            assert client.mail("a@b.se")[0] == 530
            client.starttls(context=trusting)
            client.ehlo()
            assert "starttls" not in client.esmtp_features
            assert "auth" not in client.esmtp_features
            assert client.sendmail("a@b.se", [str(address)], "x" * 200_000) == {}
        talk = server.talk()
        talk.hear()
        talk.say("EHLO x")
        talk.send(b"STARTTLS\r\nMAIL FROM:<injected@x.se>\r\n")
        assert talk.hear().startswith("220")
        talk.close()
    assert Mail.objects.count() == 1


def test_told_to_stop_it_finishes_what_is_on_its_way(server: Running) -> None:
    address = address_of()
    idle, busy = server.talk(), server.talk()
    assert idle.hear().startswith("220")
    busy.begin(address)
    busy.send(b"half of it\r\n")
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    assert idle.hear().startswith("421 4.3.2")
    busy.send(b"the rest\r\n.\r\n")
    assert busy.hear().startswith("250")
    assert busy.hear().startswith("421 4.3.2")
    stopping.join()
    with pytest.raises(ConnectionRefusedError):
        server.talk()
    assert Mail.objects.get().size == len("half of it\r\nthe rest\r\n")


def test_a_hundred_messages_over_twenty_connections_all_arrive(server: Running) -> None:
    address = address_of()

    def send(connection: int) -> int:
        with server.client() as client:
            for number in range(5):
                client.sendmail("a@b.se", [str(address)], f"Subject: {connection}-{number}\n\n" + "x" * 200_000)
        return 5

    with ThreadPoolExecutor(20) as clients:
        assert sum(clients.map(send, range(20))) == 100
    mails = Mail.objects.all()
    assert len({mail.digest for mail in mails}) == 100
    assert all(len(storage.content_of(mail.digest)) == mail.size for mail in mails)


def terminate_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
