"""`GET /api/v1/reconciliation`: the contract, to the letter, and the published program end to end."""

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from access.clients import add_client
from access.models import KeyKind
from information_types import registry
from ledger.models import LedgerEntry
from ledger.sie.importing import import_sie_file
from revisions import fan_out
from subscriptions.models import Subscription
from tests import factories
from tests.access.offices import grant, make_template
from tests.access.probe import errors, problem
from tests.integrators import Integrator, Line, body
from tests.ledger.test_sie_samples import SAMPLES, known_samples
from tests.registers import make_some_of_each
from tests.revisions import reference

pytestmark = pytest.mark.django_db

FETCH = "subscriptions.fetch_outbox"
program = reference.load()


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings) -> None:
    settings.UTKORG_THROTTLE_RATES = {}


@pytest.fixture
def integrator(books: factories.Books) -> Integrator:
    return Integrator(factories.make_subscription(integration_id="EXOPEN"))


def ask(integrator: Integrator, name: str = "ledger_entries", **query: Any) -> Line:
    return body(integrator.get("reconciliation", information_type=name, **query))


def settle(integrator: Integrator) -> dict[tuple[str, str], Line]:
    """Fetch and acknowledge everything; returns the copy by type and key."""
    Subscription.objects.get(integration_id=integrator.integration_id).resync.all().delete()
    fan_out.drain()
    copy = {}
    for row in integrator.fetch_all(limit=5000):
        copy[row["information_type"], json.dumps(row["key"])] = row["data"]
    return copy


def of_type(copy: dict[tuple[str, str], Line], name: str) -> list[Line]:
    return [data for (known, _key), data in copy.items() if known == name and data is not None]


def test_every_field_of_the_answer(integrator: Integrator, books: factories.Books) -> None:
    books.post()
    settle(integrator)
    found = ask(integrator, company=books.company.number, period_from="2024-01", period_to="2024-12")
    assert found.pop("as_of").endswith("Z")
    (line,) = found["companies"][0]["periods"]
    assert len(line.pop("hash")) == 16
    assert found == {
        "integration_id": "EXOPEN",
        "information_type": "ledger_entries",
        "period_from": "2024-01",
        "period_to": "2024-12",
        "epoch": 1,
        "sequence": 2,
        "active": True,
        "withheld_companies": 0,
        "recipe": {
            "key": ["company", "financial_year", "series", "number", "row"],
            "amount": "amount",
            "date": "voucher_date",
        },
        "companies": [
            {
                "company": books.company.number,
                "queued": 0,
                "unqueued": 0,
                "resync": False,
                "periods": [{"period": "2024-02", "rows": 2, "debit": "100.00", "credit": "-100.00"}],
            }
        ],
    }


def test_what_is_asked_wrongly_is_told_field_by_field(integrator: Integrator, books: factories.Books) -> None:
    def wrong(**query: Any) -> dict[str | None, str]:
        return dict(errors(integrator.get("reconciliation", **query)))

    assert wrong() == {"information_type": "required"}
    assert wrong(information_type="vouchers") == {"information_type": "invalid_choice"}
    entries: dict[str, Any] = {"information_type": "ledger_entries"}
    assert wrong(**entries, period_from="2024-13") == {"period_from": "invalid"}
    answer = integrator.get("reconciliation", **entries, period_from="2024-13")
    assert answer.json()["errors"][0]["detail"] == "A month has the form YYYY-MM."
    assert wrong(**entries, period_to="2024") == {"period_to": "invalid"}
    assert wrong(**entries, period_from="2024-02", period_to="2024-01") == {"period_to": "invalid"}
    assert wrong(**entries, period_from="2000-01", period_to="2024-01") == {"period_to": "too_much"}
    assert wrong(information_type="accounts", period_from="2024-01") == {"period_from": "no_periods"}
    assert wrong(**entries, month="2024-01") == {"month": "unknown_parameter"}


def test_only_the_subscriptions_companies_and_types_may_be_asked_for(books: factories.Books) -> None:
    other = factories.CompanyFactory.create()
    integrator = Integrator(factories.make_subscription("accounts", companies=[books.company]))
    assert [company["company"] for company in ask(integrator, "accounts")["companies"]] == [books.company.number]
    foreign = integrator.get("reconciliation", information_type="accounts", company=other.number)
    assert dict(errors(foreign)) == {"company": "not_subscribed"}
    unknown = integrator.get("reconciliation", information_type="accounts", company="no-such")
    assert problem(unknown, 404, "not_found")
    assert dict(errors(integrator.get("reconciliation", information_type="suppliers"))) == {
        "information_type": "not_subscribed"
    }


def test_another_applications_integration_is_not_found(books: factories.Books) -> None:
    integrator = Integrator(factories.make_subscription())
    stranger = Integrator(factories.make_subscription())
    stranger.integration_id = integrator.integration_id
    assert problem(stranger.get("reconciliation", information_type="accounts"), 404, "not_found")


def test_companies_that_the_key_may_not_read_are_counted(books: factories.Books) -> None:
    office, owner = factories.OfficeFactory.create(), factories.UserFactory.create()
    factories.give(owner, FETCH, office=office)
    seen, unseen = books.company, factories.CompanyFactory.create()
    for client in (seen, unseen):
        add_client(office=office, company=client)
    application = factories.ApplicationFactory.create(supports_office_keys=True)
    subscription = factories.make_subscription("accounts", office=office, application=application)
    key, text = factories.make_key(kind=KeyKind.OFFICE, office=office, owner=owner, application=application)
    grant(key, make_template(FETCH), seen)
    integrator = Integrator(subscription, key=text)
    found = ask(integrator, "accounts")
    assert [company["company"] for company in found["companies"]] == [seen.number]
    assert found["withheld_companies"] == 1
    hidden = integrator.get("reconciliation", information_type="accounts", company=unseen.number)
    assert problem(hidden, 404, "not_found")


@pytest.mark.parametrize("name", registry.names())
def test_a_copy_of_every_type_equals_the_register(integrator: Integrator, name: str) -> None:
    make_some_of_each(factories.make_books())
    rows = of_type(settle(integrator), name)
    answer = ask(integrator, name, company=rows[0]["company"])
    assert sum(month["rows"] for company in answer["companies"] for month in company["periods"]) == len(rows)
    assert list(program.compare(answer, rows)) == []


def test_a_copy_of_real_books_is_proved_equal_and_its_faults_are_found_by_month(
    integrator: Integrator, tmp_path: Path
) -> None:
    file = SAMPLES / max(known_samples(), key=lambda known: known.rows).file
    import_sie_file(source=file, name=file.name, company_number="REAL")
    rows = of_type(settle(integrator), "ledger_entries")
    answer = ask(integrator, company="REAL")
    months = {month["period"] for month in answer["companies"][0]["periods"]}
    assert len(months) > 3
    assert run(tmp_path, answer, rows) == (0, "")

    lost = rows.pop(len(rows) // 2)
    changed = next(row for row in rows if row["voucher_date"][:7] != lost["voucher_date"][:7])
    changed["amount"] = str(Decimal(changed["amount"]) + Decimal("0.01"))
    code, told = run(tmp_path, answer, rows)
    assert code == 1
    assert [line.split(":")[0] for line in told.splitlines()] == sorted(
        f"REAL {row['voucher_date'][:7]}" for row in (lost, changed)
    )


def run(folder: Path, answer: Line, rows: list[Line]) -> tuple[int, str]:
    """Run the published program as its page says."""
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    (folder / "rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(reference.PROGRAM), "answer.json", "rows.ndjson"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_row_moved_to_another_month_differs_in_both(integrator: Integrator, books: factories.Books) -> None:
    voucher = books.post(day=date(2024, 1, 31))
    rows = of_type(settle(integrator), "ledger_entries")
    type(voucher).objects.filter(pk=voucher.pk).update(voucher_date=date(2024, 2, 1))
    different = [month for _company, month, _how in program.compare(ask(integrator), rows)]
    assert different == ["2024-01", "2024-02"]


def test_two_amounts_exchanged_are_found_though_sums_agree(integrator: Integrator, books: factories.Books) -> None:
    books.post(books.rows("1.00"))
    books.post(books.rows("2.00"))
    rows = of_type(settle(integrator), "ledger_entries")
    debits = [row for row in rows if Decimal(row["amount"]) > 0]
    debits[0]["amount"], debits[1]["amount"] = debits[1]["amount"], debits[0]["amount"]
    ((_company, _month, how),) = program.compare(ask(integrator), rows)
    assert [text.split(":")[0] for text in how] == ["hash"]
    assert LedgerEntry.objects.count() == len(rows)
