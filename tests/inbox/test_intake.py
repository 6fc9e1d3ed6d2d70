"""What becomes of a message: a row for each invoice with data, a wait for a person, or quarantine."""

import dataclasses
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import F
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from history.models import Change
from inbox import (
    contents,
    entering,
    landing,
    obstacles,
    quarantine,
    reading,
    reasons,
    receiving,
    rules,
    storage,
    tasks,
    worker,
)
from inbox.exceptions import CompanyNeeded, NotInQuarantine
from inbox.models import IncomingInvoice, Mail
from inbox.reading import Problem
from inbox.telling import FIRST_INVOICE, HELD_UP, QUARANTINED
from ledger.models import Company, SupplierInvoice
from notices.models import Notice
from tests.factories import CompanyFactory, SuperuserFactory, SupplierFactory
from tests.inbox.samples import ubl
from tests.inbox.scanner import EICAR, scanner
from tests.inbox.sending import PAPPER, invoice_xml, message, receive, send
from tests.inbox.writing import mail as written
from tests.inbox.writing import part, pdf

pytestmark = pytest.mark.django_db

State = IncomingInvoice.State
Status = Mail.Status


@pytest.fixture
def company() -> Company:
    return CompanyFactory.create()


def test_an_invoice_with_data_is_a_received_row_of_its_supplier(company: Company) -> None:
    supplier = SupplierFactory.create(company=company, organisation_number="556036-0793", bankgiro="50501055")
    (incoming,) = send(company, ("faktura.xml", invoice_xml("F 17")))
    row = incoming.supplier_invoice
    assert row
    assert (row.supplier, row.status, row.number) == (supplier, "received", "1")
    assert (row.invoice_number, row.amount, row.vat_amount, row.balance) == (
        "F 17",
        Decimal(1250),
        Decimal(250),
        Decimal(1250),
    )
    assert (row.currency, str(row.invoice_date), str(row.due_date)) == ("SEK", "2026-11-20", "2026-12-20")
    assert row.payment_reference == "12345"
    assert (incoming.state, incoming.found_by, incoming.sender_name) == (
        State.ENTERED,
        "organisation_number",
        "Papper & Penna AB",
    )
    assert incoming.mail.status == Status.READ
    assert incoming.mail.subject == "Faktura"
    assert incoming.document
    assert storage.content_of(incoming.document.digest) == invoice_xml("F 17")


def test_a_file_beside_an_invoice_that_can_not_be_read_is_told_at_it(company: Company) -> None:
    broken = invoice_xml("F 18").replace(b">1250.00<", b">99999999999999999999<")
    (incoming,) = send(company, ("faktura.xml", invoice_xml("F 17")), ("other.xml", broken))
    assert incoming.state == State.ENTERED
    assert [(one["severity"], one["value"]) for one in incoming.findings if one["rule"] == rules.UNREAD_FILE] == [
        ("warning", "other.xml")
    ]


def test_a_pdf_of_which_only_the_data_could_be_read_is_told(company: Company) -> None:
    content = written(part(pdf(["Faktura"], {"factur-x.xml": invoice_xml("F 19")}), "application/pdf", "a.pdf"))
    read = reading.read_message(content)
    lost = dataclasses.replace(read, problems=(Problem("reading_died_crash", read.candidates[0].document),))
    kept = receiving.receive(content=content, company=company, source=Mail.Source.SMTP)
    landing.keep_files(read)
    (incoming,) = landing.land(mail=kept, message=lost)
    assert incoming.state == State.ENTERED
    assert rules.UNOPENED_DOCUMENT in [one["rule"] for one in incoming.findings]


@pytest.mark.parametrize(("own", "told"), [("556901-0101", ["5565555553"]), ("SE556555555301", []), ("", [])])
def test_an_invoice_to_somebody_else_is_told(company: Company, own: str, told: list[str]) -> None:
    company.organisation_number = own
    company.save()
    (incoming,) = send(company, ("faktura.xml", ubl()))
    assert [one["value"] for one in incoming.findings if one["rule"] == rules.BUYER_DIFFERS] == told


def test_an_unknown_supplier_is_none(company: Company) -> None:
    (incoming,) = send(company, ("faktura.xml", invoice_xml()))
    assert incoming.supplier_invoice
    assert incoming.supplier_invoice.supplier is None
    assert "supplier_unknown" in [finding["rule"] for finding in incoming.findings]


def test_a_credit_note_is_negative(company: Company) -> None:
    (incoming,) = send(company, ("kredit.xml", invoice_xml(is_credit=True)))
    assert incoming.supplier_invoice
    assert (incoming.supplier_invoice.amount, incoming.supplier_invoice.vat_amount) == (Decimal(-1250), Decimal(-250))


def test_several_invoices_in_a_message_are_as_many_rows(company: Company) -> None:
    incoming = send(company, ("a.xml", invoice_xml("1")), ("b.xml", invoice_xml("2", net="80.00")))
    assert [one.supplier_invoice.amount for one in incoming if one.supplier_invoice] == [1250, 100]
    assert [one.position for one in incoming] == [1, 2]


def test_each_further_invoice_of_a_message_asks_little(company: Company) -> None:
    SupplierFactory.create(company=company, organisation_number=PAPPER, bankgiro="50501055")
    asked = []
    for count in (2, 6):
        content = message(*((f"{count}-{one}.xml", invoice_xml(f"{count}-{one}")) for one in range(count)))
        mail = receiving.receive(content=content, company=company, source=Mail.Source.SMTP)
        read = reading.read_message(content)
        landing.keep_files(read)
        with CaptureQueriesContext(connection) as queries:
            assert len(landing.land(mail=mail, message=read)) == count
        locks = [query["sql"] for query in queries if "advisory" in query["sql"]]
        turn = next(place for place, sql in enumerate(locks) if str(entering.TURN) in sql)
        assert not [sql for sql in locks[turn:] if str(contents.LOCK) in sql], "the storage is asked in the turn"
        asked.append(len([query for query in queries if "advisory" not in query["sql"]]))
    few, many = asked
    assert (many - few) / 4 <= 14


@pytest.mark.parametrize(
    ("xml", "path"),
    [
        (invoice_xml("9" * 65), "number"),
        (invoice_xml("", net="7.00"), "number"),
        (invoice_xml(date="2026-02-31"), "issue_date"),
        (invoice_xml(currency="kr"), "currency"),
        (invoice_xml(net="99999999999999999.00"), "totals.payable"),
    ],
)
def test_what_the_register_cannot_hold_waits_for_a_person(xml: bytes, path: str, company: Company) -> None:
    mail = receive(message(("faktura.xml", xml)), company)
    if mail.status == Status.QUARANTINED:  # the format's reader refuses it
        assert reasons.told(mail.reason)
        return
    (incoming,) = mail.invoices.all()
    assert (incoming.state, incoming.supplier_invoice) == (State.TO_ENTER, None)
    assert path in [finding["path"] for finding in incoming.findings if finding["rule"] == "does_not_fit"]


def test_a_message_without_an_invoice_is_in_quarantine_and_once_released_a_person_enters_it(company: Company) -> None:
    mail = receive(message(text="Hej! Hur mår ni?"), company)
    assert (mail.status, mail.reason) == (Status.QUARANTINED, {"code": "no_invoice"})
    assert mail.sender == "Papper & Penna <faktura@papper.example>"
    assert not mail.invoices.exists()
    user = SuperuserFactory.create()
    quarantine.release(mail=mail, user=user)
    worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    (incoming,) = mail.invoices.all()
    assert (mail.status, incoming.state, incoming.format) == (Status.READ, State.TO_ENTER, "message")
    with pytest.raises(NotInQuarantine):
        quarantine.remove(mail=mail, user=user)


def test_a_message_of_nobody_s_is_released_to_a_company(company: Company) -> None:
    mail = receive(message(("faktura.xml", invoice_xml())), None)
    assert mail.reason == {"code": "unknown_company"}
    with pytest.raises(CompanyNeeded):
        quarantine.release(mail=mail)
    quarantine.release(mail=mail, company=company)
    worker.run(mail_id=mail.pk)
    assert SupplierInvoice.objects.get().company == company


def test_an_inactive_company_s_mail_waits(company: Company) -> None:
    company.active = False
    company.save()
    mail = receive(message(("faktura.xml", invoice_xml())), company)
    assert mail.reason == {"code": "company_inactive"}
    quarantine.remove(mail=mail)
    mail.refresh_from_db()
    assert mail.status == Status.REMOVED


@pytest.mark.parametrize(
    ("headers", "code"),
    [({"Auto_Submitted": "auto-replied"}, "automatic"), ({"Content_Type": "text/plain", "Return_Path": "<>"}, None)],
)
def test_answers_of_programs_are_no_invoices(headers: dict[str, str], code: str | None, company: Company) -> None:
    mail = receive(message(text="Jag är på semester.", **headers), company)
    assert mail.status == Status.QUARANTINED
    assert mail.reason
    assert code in (None, mail.reason["code"])


def test_a_message_that_takes_its_worker_with_it_is_tried_ever_later_and_then_in_quarantine(company: Company) -> None:
    mail = receiving.receive(content=message(), company=company, source=Mail.Source.SMTP)
    for attempt in range(1, worker.MOST_ATTEMPTS + 1):
        assert worker._begin(mail.pk)
        mail.refresh_from_db()
        assert (mail.status, mail.attempts, worker.overdue()) == (Status.READING, attempt, [mail.pk][attempt - 1 :])
    worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.status, mail.reason) == (Status.QUARANTINED, {"code": "broken_off"})
    Mail.objects.update(subject="Faktura", sender="Papper & Penna <faktura@papper.example>")
    quarantine.release(mail=mail)
    for _attempt in range(worker.MOST_ATTEMPTS):
        assert worker._begin(mail.pk)
    worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    (incoming,) = mail.invoices.all()
    assert (mail.status, mail.subject, incoming.state) == (Status.READ, "Faktura", State.TO_ENTER)
    assert incoming.sender_name == "Papper & Penna <faktura@papper.example>"


def test_what_is_gone_or_changed_in_a_storage_that_is_there_is_in_quarantine(company: Company) -> None:
    gone, changed = (
        receiving.receive(content=message(), company=company, source=Mail.Source.SMTP) for _mail in range(2)
    )
    storage.mail_storage().delete(storage.path_of(gone.digest))
    storage.mail_storage().save(storage.path_of(changed.digest), ContentFile(b"another"))
    worker.run(mail_id=changed.pk)
    for _ in range(worker.MOST_ATTEMPTS):
        worker.run(mail_id=gone.pk)
    reasons_given = Mail.objects.filter(status=Status.QUARANTINED).order_by("pk").values_list("reason__code", flat=True)
    assert list(reasons_given) == ["content_missing", "content_changed"]


@pytest.mark.parametrize("away", ["scanner", "storage"])
def test_what_is_away_is_waited_for_ever_longer_told_and_not_counted(
    away: str, company: Company, settings: Any, tmp_path: Path
) -> None:
    user = SuperuserFactory.create()
    mail = receiving.receive(content=message(("a.xml", invoice_xml())), company=company, source=Mail.Source.SMTP)
    setting = {"scanner": "CLAMAV_SOCKET", "storage": "UTKORG_MAIL_FOLDER"}[away]
    there = getattr(settings, setting)
    setattr(settings, setting, str(tmp_path / "nobody"))
    for waited in (timedelta(), timedelta(minutes=2), timedelta(hours=9), timedelta(hours=1)):
        Mail.objects.update(held_up_since=F("held_up_since") - waited, next_try_at=None)
        asked = timezone.now()
        tasks.read(mail.pk)
        mail.refresh_from_db()
        assert (mail.status, mail.attempts, mail.held_up_by, worker.overdue()) == (Status.READING, 0, away, [])
        assert mail.next_try_at
        assert mail.next_try_at - asked >= obstacles._pause(waited)
    assert [notice.kind for notice in Notice.objects.of(user)] == [HELD_UP]
    setattr(settings, setting, there)
    Mail.objects.update(next_try_at=None)
    tasks.read_waiting()
    mail.refresh_from_db()
    assert (mail.status, mail.held_up_by, worker.overdue()) == (Status.READ, "", [])


def test_what_is_away_is_tried_again_after_a_part_of_the_time_that_it_has_been_away() -> None:
    waited = [timedelta(), timedelta(minutes=2), timedelta(hours=9)]
    assert [obstacles._pause(one).total_seconds() for one in waited] == [10, 30, 300]


def test_what_a_storage_never_had_is_looked_for_for_a_day(company: Company) -> None:
    long_ago = timezone.now() - 2 * obstacles.LOOKED_FOR
    mail = Mail.objects.create(
        company=company, digest="0" * 64, size=1, held_up_by=Mail.Obstacle.SCANNER, held_up_since=long_ago
    )
    for _ in range(2):
        with pytest.raises(worker.NotNow):
            worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    assert mail.held_up_by == Mail.Obstacle.STORAGE
    Mail.objects.update(held_up_since=F("held_up_since") - obstacles.LOOKED_FOR)
    for _ in range(worker.MOST_ATTEMPTS):
        worker.run(mail_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.reason, mail.held_up_by) == ({"code": "content_missing"}, "")


def test_one_that_is_held_up_does_not_hold_up_the_others(company: Company) -> None:
    Mail.objects.create(company=company, digest="0" * 64, size=1)
    receiving.receive(content=message(("a.xml", invoice_xml())), company=company, source=Mail.Source.SMTP)
    Mail.objects.update(received_at=F("received_at") - worker.OVERDUE)
    tasks.read_waiting()
    assert SupplierInvoice.objects.filter(company=company).count() == 1


def test_a_virus_is_in_quarantine_and_read_once_somebody_has_released_it(company: Company, settings: Any) -> None:
    with scanner() as running:
        settings.CLAMAV_SOCKET = running.place
        mail = receive(message(("a.xml", invoice_xml()), text=EICAR.decode()), company)
        assert (mail.status, mail.subject) == (Status.QUARANTINED, "Faktura")
        assert "Eicar" in reasons.told(mail.reason)
        quarantine.release(mail=mail)
        worker.run(mail_id=mail.pk)
    assert SupplierInvoice.objects.filter(company=company).count() == 1


def test_what_was_released_for_another_reason_is_scanned_nevertheless(company: Company, settings: Any) -> None:
    mail = receive(message(text=EICAR.decode()), company)
    assert (mail.reason or {})["code"] == reasons.NO_INVOICE
    with scanner() as running:
        settings.CLAMAV_SOCKET = running.place
        for code in (reasons.VIRUS, None):
            quarantine.release(mail=mail)
            worker.run(mail_id=mail.pk)
            mail.refresh_from_db()
            assert (mail.reason or {}).get("code") == code
    assert mail.status == Status.READ


def test_a_message_that_is_stored_is_promised_though_no_task_can_be_asked_for(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "TASK", object())  # no name of a task: asking fails as nobody has foreseen
    with TestCase.captureOnCommitCallbacks(execute=True):
        receiving.receive(content=message(), company=company, source=Mail.Source.SMTP)
    assert Mail.objects.get().status == Status.WAITING


def test_a_message_just_received_is_left_to_its_own_task(company: Company) -> None:
    mail = receiving.receive(content=message(), company=company, source=Mail.Source.SMTP)
    assert worker.overdue() == []
    Mail.objects.update(received_at=F("received_at") - worker.OVERDUE)
    assert worker.overdue() == [mail.pk]


def test_a_message_is_read_once(company: Company) -> None:
    mail = receive(message(("faktura.xml", invoice_xml())), company)
    worker.run(mail_id=mail.pk)
    Mail.objects.update(attempts=F("attempts"))
    assert SupplierInvoice.objects.count() == 1


def test_who_looks_after_it_is_told_of_the_first_invoice_and_of_a_quarantine_that_was_empty(company: Company) -> None:
    user = SuperuserFactory.create()
    for text in ("Hej!", "Hej igen!"):
        receive(message(text=text), company)
    for number in ("1", "2"):
        send(company, ("faktura.xml", invoice_xml(number)))
    assert sorted(Notice.objects.of(user).values_list("kind", flat=True)) == [FIRST_INVOICE, QUARANTINED]
    assert all(str(notice) and company.name in str(notice) for notice in Notice.objects.of(user))


def test_the_register_s_number_counts_on_and_nobody_is_named_as_its_maker(company: Company) -> None:
    send(company, ("a.xml", invoice_xml("1")))
    send(company, ("b.xml", invoice_xml("2", organisation=PAPPER)))
    assert list(SupplierInvoice.objects.order_by("pk").values_list("number", flat=True)) == ["1", "2"]
    assert not Change.objects.filter(kind="key_used").exists()
    assert SupplierInvoice.objects.filter(amount=Decimal("1250.00")).count() == 2
