"""schemathesis against a live server with a valid key: no 500, and no answer that the schema doesn't state."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.models import ApiKey
from access.tokens import give_to_key
from information_types import registry
from ledger.models import Company
from onetime_transfer.services import request_transfer
from registers.register import all_registers
from registers.rows import read_one
from revisions import fan_out
from tests import factories
from tests.access.offices import Bureau, make_template
from tests.live import live_server
from tests.registers import make_some_of_each
from workcopies.checking_out import ALL_RIGHTS, check_out
from workcopies.models import WorkingCopy

pytestmark = pytest.mark.django_db(transaction=True)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
INTEGRATION_ID, COMPANY, TEMPLATE = "EXOPEN", "100", "Reading"
# Called last, in this order: they leave less to find.
LAST = ["/transfers/{id}/resume", "/transfers/{id}/cancel", "PATCH", "DELETE"]


class Api:
    """The live installation with rows of every type to fetch: its schema, and a valid key."""

    def __init__(self, url: str) -> None:
        subscription = factories.make_subscription(integration_id=INTEGRATION_ID)
        books = factories.make_books(number=COMPANY)
        copy, file = _working_copy(books)
        self.rows = {**_rows(books), ("GET", "working-copies"): {"uid": str(copy.uid)}}
        fan_out.drain()
        _key, text = factories.make_key(application=subscription.application)
        office_key = self._office_key()
        self.headers = {"Authorization": f"Bearer {text}"}
        _key, given = give_to_key(text=text, address=None)
        self.token = {"Authorization": f"Bearer {given.text}"}
        self.schema = schemathesis.openapi.from_url(f"{url}/api/schema/?format=json", timeout=60)
        operations = [result.ok() for result in self.schema.get_all_operations() if isinstance(result, Ok)]
        self.operations = sorted(operations, key=lambda operation: _place(operation.label))
        transfer = request_transfer(subscription=subscription, information_type=registry.get("accounts"))
        self.known = {
            "integration_id": INTEGRATION_ID,
            "company": COMPANY,
            "id": transfer.pk,
            "public_id": office_key.public_id,
            "clients": [COMPANY],
            "client": [COMPANY],
            "template": TEMPLATE,
            "clientId": COMPANY,
            "fromDate": "2024-07-01",
            "toDate": "2024-07-31",
            "accessToken": "",
            "cursor": "",
            "apiKey": text,
            "externalStatusCode": "x",
            "allOrNothing": False,
        }
        report = factories.make_report(subscription, Company.objects.get(number=COMPANY))
        self.reported = {"id": report.pk, "sequence": 1, "code": "x", "message": "y"}
        # What no chance hits upon: documents whose parts fit each other.
        self.bodies = {"login": {"apiKey": text}, "check-in": file, **_documents(books)}
        self.statuses: dict[str, set[int]] = {}

    def _office_key(self) -> ApiKey:
        bureau = Bureau(clients=[Company.objects.get(number=COMPANY)])
        make_template("ledger.view_supplier", name=TEMPLATE)
        return bureau.make_key()[0]

    def call(self, case: Any, *, as_generated: bool) -> None:
        """Call what was generated, or the same for the integration and the company that there are."""
        _empty, _api, _version, register, *_key = case.operation.path.split("/")
        known = self.known | (self.reported if register == "feedback" else {})
        row = self.rows.get((case.method, register), self.rows.get(("GET", register), {}))
        # A new row has a key of its own.
        for place, named in ((case.query, known | row), (case.path_parameters, known | row), (case.body, known)):
            if isinstance(place, dict) and not as_generated:
                place |= {name: value for name, value in named.items() if name in place}
                if "sequence" in place:
                    place.pop("revision", None)  # a row is reported by one of its names
        document = self.bodies.get(case.operation.path.rpartition("/")[2], self.bodies.get(register))
        if document is not None and case.method in {"POST", "PUT"} and not as_generated:
            case.body = document
            case.media_type = "application/octet-stream" if isinstance(document, bytes) else "application/json"
        if isinstance(case.query, dict) and "wait" in case.query:
            case.query["wait"] = 0  # waiting has tests of its own
        headers = self.token if "/api/public/" in case.operation.label else self.headers
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        self.statuses.setdefault(case.operation.label, set()).add(answer.status_code)


def _rows(books: factories.Books) -> dict[tuple[str, str], dict[str, Any]]:
    """The key of a row of each register, and of one that may be deleted, by method and register."""
    make_some_of_each(books)
    found = {}
    for register in all_registers():
        key = json.loads(str(read_one(register, register.rows_of(books.company), fields=register.key)))
        found["GET", register.slug] = key
        if register.is_master_data:
            values = {register.key[-1]: "UNUSED", "name": "Unused", **register.only}
            register.model._default_manager.create(company=books.company, **values)
            found["DELETE", register.slug] = key | {register.key[-1]: "UNUSED"}
    found["GET", "vouchers"] = {name: value for name, value in found["GET", "ledger-entries"].items() if name != "row"}
    return found


def _working_copy(books: factories.Books) -> tuple[WorkingCopy, bytes]:
    """A working copy that is out, and its file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.utkorg"
        copy = check_out(companies=[books.company], user=None, rights=ALL_RIGHTS, name="Books", path=path)
        return copy, path.read_bytes()


def _documents(books: factories.Books) -> dict[str, dict[str, Any]]:
    """Documents that can be posted, by the last part of the address or the register."""
    accounts = (books.cash.number, books.sales.number)
    rows = [{"account": account, "amount": amount} for account, amount in zip(accounts, ("1.00", "-1.00"), strict=True)]
    voucher = {"voucher_date": "2024-06-03", "voucher_text": "Document", "rows": rows}
    category = factories.TimeCategoryFactory.create(company=books.company)
    supplier = factories.SupplierFactory.create(company=books.company)
    return {
        "vouchers": {"company": COMPANY, "series": "A", **voucher},
        "{number}": voucher,
        "reverse": {},
        "setExternalStatusCode": {
            "clientId": COMPANY,
            "externalStatusCode": "x",
            "transactions": [{"uid": 1, "timeCategoryId": 1}],
            "allOrNothing": False,
        },
        "supplier-invoices": {
            "company": COMPANY,
            "supplier": supplier.number,
            "invoice_date": "2024-06-03",
            "amount": "100.00",
            "invoice_number": "D-1",
        },
        "time-transactions": {
            "company": COMPANY,
            "time_category": category.number,
            "employee_id": 155,
            "date_in": "2024-06-03",
            "quantity": "7.50",
        },
    }


def _place(label: str) -> int:
    return next((place for place, part in enumerate(LAST, start=1) if part in label), 0)


@pytest.fixture
def api(settings: Settings) -> Iterator[Api]:
    settings.UTKORG_THROTTLE_RATES = {}
    with live_server() as server:
        yield Api(server.url)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("as_generated", [True, False], ids=["unknown names", "known names"])
def test_no_request_finds_a_500_or_an_undocumented_answer(
    api: Api, mode: schemathesis.GenerationMode, as_generated: bool
) -> None:
    for operation in api.operations:
        check = given(case=operation.as_strategy(generation_mode=mode))(
            lambda case: api.call(case, as_generated=as_generated)
        )
        quietly = settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        quietly(check)()
    assert api.statuses.keys() == {operation.label for operation in api.operations}
    if mode == schemathesis.GenerationMode.POSITIVE and not as_generated:
        unmet = {label for label, statuses in api.statuses.items() if not statuses & {200, 201, 202, 204}}
        assert unmet <= {"POST /api/v1/receipts", "POST /api/v1/subscriptions"}, "a receipt, and a new name, of ours"
