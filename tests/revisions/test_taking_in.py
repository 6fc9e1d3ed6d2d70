"""What came in after the backup is listed by a restored database, and taken in again: exactly that, and once."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from access.models import ApiKey
from access.services import revoke_key
from inbox import storage, worker
from inbox.models import Mail
from inbox.receiving import receive
from journal.models import Write
from ledger.models import Account, Company, Supplier, SupplierInvoice, Voucher
from revisions import fan_out, restoring
from revisions.models import TakenIn, TakingIn
from revisions.taking_in import running
from revisions.taking_in.lacking import lacking
from revisions.taking_in.services import UnderWay, ask_for
from tests import factories
from tests.backups import Copy, copied
from tests.concurrency.installation import Installation
from tests.connections import wait_until
from tests.inbox.sending import invoice_xml
from tests.integrators import body
from tests.registers.test_hours import hours
from tests.registers.test_supplier_invoices import invoice
from tests.registers.test_vouchers import row, voucher
from tests.registers.writer import Writer
from tests.revisions.test_restoring import folder
from timesheets.models import TimeTransaction

__all__ = ["folder"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _outside(settings: Settings, tmp_path: Path, folder: Path) -> None:
    """What isn't restored with the database."""
    settings.UTKORG_JOURNAL_FOLDER = str(tmp_path / "journal")
    settings.UTKORG_MAIL_FOLDER = str(tmp_path / "mails")


@pytest.fixture
def integration() -> Writer:
    """Who writes over REST in company 100, which has books, hours and something changed and marked."""
    books = factories.make_books(number="100")
    for category in (10, 20):
        factories.TimeCategoryFactory.create(company=books.company, number=category)
    written = Writer()
    body(written.post("suppliers", supplier("2000")), 201)
    change()
    return written


@pytest.fixture
def backup(integration: Writer) -> Iterator[Copy]:
    with copied() as copy:
        yield copy


def change() -> None:
    Account.objects.update(active=False)
    Account.objects.update(active=True)
    fan_out.drain()
    restoring.look()


def supplier(number: str) -> dict[str, Any]:
    return {"company": "100", "number": number, "name": f"Leverantör {number}"}


def mail(number: int) -> Mail:
    return receive(
        content=f"Subject: Faktura {number}\r\n\r\nBifogad.".encode(),
        company=Company.objects.get(number="100"),
        source="smtp",
        recipient="avendo.k7@invoices.localhost",
        sender=f"faktura{number}@leverantor.se",
    )


def write_all(integration: Writer) -> None:
    """A voucher, a supplier, an invoice under an Idempotency-Key, and hours; and three messages."""
    body(integration.post("vouchers", voucher()), 201)
    body(integration.post("suppliers", supplier("2001")), 201)
    sent = invoice(voucher={"financial_year": "2024-01-01", "series": "A", "number": "1"})
    body(integration.post("supplier-invoices", sent, company="100", headers={"Idempotency-Key": "F17"}), 201)
    body(integration.post("time-transactions", [hours(external_id="X1"), hours(time_category=20)]), 201)
    for number in (1, 2, 3):
        mail(number)
    change()


def restored(*arguments: str) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("restored", *arguments, stdout=out)
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(restored("--json", *arguments))


def state() -> dict[str, Any]:
    """What there is, by what names it."""
    return {
        "vouchers": sorted(Voucher.objects.values_list("series", "number", "text")),
        "suppliers": sorted(Supplier.objects.values_list("number", "name")),
        "invoices": sorted(SupplierInvoice.objects.values_list("number", "invoice_number", "voucher__number")),
        "hours": sorted(TimeTransaction.objects.values_list("uid", "time_category__number", "quantity")),
        "mails": sorted(Mail.objects.values_list("uid", "digest", "received_at", "envelope_sender", "status")),
    }


WRITES = ["POST /api/v1/vouchers", "POST /api/v1/suppliers", "POST /api/v1/supplier-invoices?company=100"]
WRITES += ["POST /api/v1/time-transactions"]


def test_exactly_what_came_in_after_the_backup_is_listed_and_taken_in_once(integration: Writer, backup: Copy) -> None:
    write_all(integration)
    before = state()
    backup.put_back()
    found = told()
    assert [one["what"] for one in found["writes"]] == WRITES
    assert [one["who"] for one in found["mails"]] == [f"faktura{number}@leverantor.se" for number in (1, 2, 3)]
    assert (found["uncertain_writes"], found["gaps"], found["spoiled_lines"]) == ([], [], 0)
    assert state() != before

    said = restored("--take-in", "all", "--yes")
    assert "4 writes over REST: 4 taken in." in said
    assert "3 messages: 3 taken in." in said
    assert state() == before
    assert Write.objects.filter(is_again=True).count() == len(WRITES)

    assert "There was nothing to take in." in restored("--take-in", "all", "--yes")
    assert state() == before
    repeated = integration.post("supplier-invoices", invoice(), company="100", headers={"Idempotency-Key": "other"})
    assert repeated.status_code == 409


def test_it_asks_before_and_lists_what_it_will_do(
    integration: Writer, backup: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(integration)
    backup.put_back()
    before = state()
    with pytest.raises(CommandError, match=r"Take in 4 writes over REST and 3 messages\?"):
        restored("--take-in", "all")
    said = restored("--yes")
    assert "4 writes over REST are not in this database" in said
    assert "3 messages are not in this database" in said
    assert "Nothing is taken in yet" in said
    assert state() == before
    restored("--take-in", "mails", "--yes")
    assert state()["mails"] != before["mails"]
    assert {name: value for name, value in state().items() if name != "mails"} == {
        name: value for name, value in before.items() if name != "mails"
    }
    assert "writes over REST" in restored()


def test_a_row_that_gets_another_number_keeps_its_own_changes(integration: Writer, backup: Copy) -> None:
    """Somebody posts a voucher and registers hours before the lost ones are taken in."""
    made = integration.post("vouchers", voucher(voucher_text="Ours"))
    etag, address = made["ETag"], made["Location"].removeprefix("http://testserver/api/v1/")
    later = voucher(row("1910", "10.00", row=1), row("3001", "-10.00", row=2), voucher_text="Ours, later")
    body(integration.put(address, {**later, "number": "1"} | {}, headers={"If-Match": etag}), 200)
    sent = invoice(supplier="2000", voucher={"financial_year": "2024-01-01", "series": "A", "number": "1"})
    body(integration.post("supplier-invoices", sent, company="100"), 201)
    (first,) = body_of_list(integration.post("time-transactions", [hours(external_id="X1")]))
    body_of_list(integration.post("time-transactions", [hours(uid=first["uid"], time_category=20)]))
    change()
    backup.put_back()
    restoring.look()
    body(integration.post("vouchers", voucher(voucher_text="Another's")), 201)
    body(integration.post("time-transactions", hours(free_text="another's")), 201)

    items = told("--take-in", "writes", "--yes")
    assert [one["outcome"] for one in items] == ["moved", "taken_in", "taken_in", "moved", "moved"]
    assert (items[0]["then"], items[0]["now"]) == (
        ["/api/v1/vouchers/100/2024-01-01/A/1"],
        ["/api/v1/vouchers/100/2024-01-01/A/2"],
    )
    assert state()["vouchers"] == [("A", "1", "Another's"), ("A", "2", "Ours, later")]
    assert state()["invoices"] == [("1", "F17", "2")]
    assert [(uid, category) for uid, category, _quantity in state()["hours"]] == [(1, 10), (2, 10), (2, 20)]


def body_of_list(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 201, answer.content
    found: list[dict[str, Any]] = json.loads(answer.content)
    return found


def test_what_cant_be_done_now_is_listed_with_its_reason_and_what_hangs_on_it_too(
    integration: Writer, backup: Copy
) -> None:
    made = integration.post("vouchers", voucher())
    body(integration.post(made["Location"].removeprefix("http://testserver/api/v1/") + "/reverse"), 201)
    body(integration.post("suppliers", supplier("2001")), 201)
    new = Writer()
    body(new.post("suppliers", supplier("2002")), 201)
    change()
    backup.put_back()
    restoring.look()
    Account.objects.filter(number="3001").delete()
    reasons = [one["reason"] for one in told("--take-in", "writes", "--yes")]
    assert "3001" in reasons[0]
    assert reasons[1:] == [
        "It is about vouchers 100 2024-01-01 A 1, which was lost and isn't taken in.",
        None,
        "The API key is unknown.",
    ]
    revoke_key(key=ApiKey.objects.get())
    said = restored("--take-in", "writes", "--yes")
    assert "3 writes over REST: 3 not taken in." in said
    assert "POST /api/v1/vouchers → vouchers/100/2024-01-01/A/1: The API key is revoked." in said
    assert {one["reason"] for one in told("--take-in", "writes", "--yes")} == {
        "The API key is revoked.",
        "It is about vouchers 100 2024-01-01 A 1, which was lost and isn't taken in.",
        "The API key is unknown.",
    }
    assert (Voucher.objects.count(), len(told()["writes"])) == (0, 3)


def test_what_was_sent_again_meanwhile_is_not_done_twice(integration: Writer, backup: Copy) -> None:
    once = {"Idempotency-Key": "once"}
    for headers in (once, None):
        body(integration.post("vouchers", voucher(), headers=headers), 201)
    change()
    backup.put_back()
    restoring.look()
    for headers in (once, None):
        body(integration.post("vouchers", voucher(), headers=headers), 201)
    items = told("--take-in", "writes", "--yes")
    assert [one["outcome"] for one in items] == ["answered", "answered"]
    assert "was sent again" in items[0]["reason"]
    assert (Voucher.objects.count(), told()["writes"]) == (2, [])


def test_a_write_that_was_only_begun_is_taken_in_if_one_says_so(
    integration: Writer, backup: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("journal.services.end", lambda *_arguments, **_named: None)
        body(integration.post("suppliers", supplier("2001")), 201)
    change()
    backup.put_back()
    monkeypatch.setattr("journal.lost.UNDER_WAY", running.SILENCE * 0)
    assert [one["what"] for one in told()["uncertain_writes"]] == ["POST /api/v1/suppliers"]
    assert told("--take-in", "writes", "--yes") == []
    assert [one["outcome"] for one in told("--take-in", "writes", "--with-uncertain", "--yes")] == ["taken_in"]
    assert Supplier.objects.filter(number="2001").exists()


def test_a_second_backup_put_back_later_finds_rows_by_the_numbers_that_they_had_in_between(
    integration: Writer, backup: Copy
) -> None:
    body(integration.post("vouchers", voucher(voucher_text="First")), 201)
    change()
    backup.put_back()
    restoring.look()
    body(integration.post("vouchers", voucher(voucher_text="Second")), 201)
    told("--take-in", "writes", "--yes")
    body(integration.post("vouchers/100/2024-01-01/A/2/reverse"), 201)
    change()
    reversed_then = Voucher.objects.exclude(reverses=None).get().reverses
    assert reversed_then is not None
    assert reversed_then.text == "First"
    backup.put_back()
    told("--take-in", "writes", "--yes")
    reversed_now = Voucher.objects.exclude(reverses=None).get().reverses
    assert reversed_now is not None
    assert (reversed_now.text, reversed_now.number) == ("First", "1")


def test_who_dies_in_the_middle_leaves_the_rest_to_another(integration: Writer, backup: Copy) -> None:
    write_all(integration)
    before = state()
    backup.put_back()
    restoring.look()
    asked = ask_for(what="all", user=User.objects.get(), name="olga")
    with pytest.raises(UnderWay):
        ask_for(what="all", user=None, name="olga")

    def die(item: TakenIn) -> None:
        if item.subject.startswith(WRITES[1]):
            raise SystemExit

    with pytest.raises(SystemExit):
        running.run(taking_in_id=asked.pk, told=die)
    assert running.waiting() == []
    TakingIn.objects.update(seen_at=None)
    running.run(taking_in_id=running.waiting()[0].pk)
    asked.refresh_from_db()
    assert (asked.status, asked.total, asked.attempts) == ("done", 7, 2)
    assert [item.outcome for item in asked.items.all()] == ["taken_in"] * 7
    assert state() == before


def test_who_was_taken_for_dead_stops_at_the_next(integration: Writer, backup: Copy) -> None:
    write_all(integration)
    before = state()
    backup.put_back()
    restoring.look()
    asked = ask_for(what="all", user=None, name="olga")

    def take_over(item: TakenIn) -> None:
        if asked.items.count() == 1:
            TakingIn.objects.update(seen_at=None)
            running.run(taking_in_id=asked.pk)

    running.run(taking_in_id=asked.pk, told=take_over)
    assert (asked.items.count(), state()) == (7, before)


def test_a_message_whose_content_or_company_is_gone_is_refused(integration: Writer, backup: Copy) -> None:
    lost = [mail(1), mail(2)]
    Company.objects.create(number="200", name="New")
    receive(content=b"3", company=Company.objects.get(number="200"), source="imap", sender="x@y.se")
    change()
    backup.put_back()
    storage.mail_storage().delete(storage.path_of(lost[0].digest))
    items = told("--take-in", "mails", "--yes")
    assert [one["outcome"] for one in items] == ["refused", "taken_in", "refused"]
    assert [one["reason"] for one in items] == [
        "What the message said is no longer in the mail storage.",
        None,
        "The message is for company 200, which isn't here.",
    ]
    assert len(lacking().mails) == 2


KILLED_MIDWAY = """
import time
from revisions.models import TakenIn
from revisions.taking_in import running
save = TakenIn.save
def save_slowly(item, **options):
    save(item, **options)
    if TakenIn.objects.count() == {items}:
        print("not committed yet", flush=True)
        time.sleep(60)
TakenIn.save = save_slowly
running.run(taking_in_id={pk})
"""


@pytest.mark.parametrize("items", [3, 6])
def test_killed_before_the_commit_of_a_write_or_message_nothing_is_lost_or_doubled(
    integration: Writer, backup: Copy, settings: Settings, items: int
) -> None:
    write_all(integration)
    before = state()
    backup.put_back()
    restoring.look()
    asked = ask_for(what="all", user=None, name="olga")
    outside = ("UTKORG_JOURNAL_FOLDER", "UTKORG_MAIL_FOLDER")
    with Installation(**{name: getattr(settings, name) for name in outside}) as installation:
        dying = installation.script(KILLED_MIDWAY.format(items=items, pk=asked.pk))
        assert dying.stdout is not None
        assert any(line == "not committed yet\n" for line in dying.stdout)
        dying.kill()
        dying.wait()
    wait_until(lambda: asked.items.count() == items - 1, seconds=60)
    TakingIn.objects.update(seen_at=None)
    running.run(taking_in_id=asked.pk)
    assert (asked.items.count(), state()) == (7, before)


def test_an_invoice_as_xml_is_taken_in_as_the_write_that_it_was_and_not_as_a_message_too(
    integration: Writer, backup: Copy
) -> None:
    address = "/api/v1/supplier-invoices?company=100"
    body(integration.client.post(address, invoice_xml(), content_type="application/xml"), 201)
    before = state()["invoices"]
    change()
    backup.put_back()
    found = told()
    assert ([one["what"] for one in found["writes"]], found["mails"]) == ([f"POST {address}"], [])
    assert [one["outcome"] for one in told("--take-in", "all", "--yes")] == ["taken_in"]
    assert (state()["invoices"], Mail.objects.count(), told()["mails"]) == (before, 1, [])


def test_an_invoice_as_xml_that_the_journal_could_not_take_is_taken_in_as_a_message(
    integration: Writer, backup: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError("no room")

    address = "/api/v1/supplier-invoices?company=100"
    with monkeypatch.context() as patch:
        patch.setattr("journal.files.append", full)
        body(integration.client.post(address, invoice_xml(), content_type="application/xml"), 201)
    before = state()
    change()
    backup.put_back()
    found = told()
    assert (found["writes"], [one["what"] for one in found["mails"]]) == ([], ["REST, company 100"])
    assert [one["outcome"] for one in told("--take-in", "all", "--yes")] == ["taken_in"]
    worker.run(mail_id=Mail.objects.get().pk)
    assert (state(), told()["mails"]) == (before, [])
