"""Every registered type: what is captured, what is transferred and what the contract promises are the same."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from information_types import registry, sql
from information_types.definition import InformationType
from information_types.schema import data_schema, key_schema
from onetime_transfer import running, services
from onetime_transfer.models import Transfer
from tests import factories
from tests.consumers import Consumer, register
from tests.registers import make_some_of_each, widest

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = registry.all_types()
EVERY_TYPE = pytest.mark.parametrize("known", TYPES, ids=[known.name for known in TYPES])

_DIMENSION = "company, code, name, active, valid_from, valid_to"
_PARTNER = (
    "company, number, name, organisation_number, email, phone, address, postal_code, city, country, currency, "
    "payment_terms_days, active"
)
_INVOICE = (
    "invoice_number, invoice_date, due_date, currency, amount, vat_amount, balance, payment_reference, status, voucher"
)
# The public contract, by hand on purpose: what integrators rely on changes here first.
CONTRACT = {
    "accounts": "company, number, name, account_type, active",
    "cost_centres": _DIMENSION,
    "projects": _DIMENSION,
    "objects": _DIMENSION,
    "management_areas": _DIMENSION,
    "suppliers": f"{_PARTNER}, bankgiro, plusgiro, iban, bic",
    "customers": _PARTNER,
    "supplier_invoices": f"company, number, supplier, {_INVOICE}",
    "customer_ledger": f"company, number, customer, {_INVOICE}",
    "supplier_payments": "company, number, invoice, supplier, payment_date, amount, currency",
    "customer_payments": "company, number, invoice, customer, payment_date, amount, currency",
    "ledger_entries": (
        "company, financial_year, series, number, row, voucher_date, voucher_text, entry_date, account, amount, "
        "quantity, text, cost_centre, project, object, management_area, other_dimensions, signature, registered_on"
    ),
    "time_transactions": (
        "company, uid, time_category, time_category_name, time_category_type, time_category_payable, employee_id, "
        "employee, date_in, time_in, date_out, time_out, department_id, department, task_id, task, classic_duty_id, "
        "classic_duty_code, classic_duty, order_id, order, project_id, project_alphanumeric_code, project, "
        "sub_project_id, sub_project_alphanumeric_code, sub_project, project_phase_id, phase_alphanumeric_code, "
        "project_phase, shift_id, shift, free_dimension1_id, free_dimension1, free_dimension2_id, free_dimension2, "
        "free_text, approved_level_one, approved_level_two, approved_level_three, approved_level_four, "
        "approved_level_one_by, approved_level_two_by, approved_level_three_by, approved_level_four_by, "
        "approved_level_one_on, approved_level_two_on, approved_level_three_on, approved_level_four_on, quantity, "
        "external_id, correlation_id, external_status_code, last_updated_on, record_state_key"
    ),
}
KEYS = {
    "time_transactions": "company, uid, time_category",
    "ledger_entries": "company, financial_year, series, number, row",
    **dict.fromkeys(("cost_centres", "projects", "objects", "management_areas"), "company, code"),
}


def transfer(consumer: Consumer, known: InformationType, **parameters: Any) -> Transfer:
    """Run a transfer here, as a worker would."""
    asked = services.request_transfer(
        subscription=consumer.subscription, information_type=known, parameters=widest(known) | parameters
    )
    running.run(transfer_id=asked.pk)
    asked.refresh_from_db()
    return asked


def test_the_contract_names_every_registered_type() -> None:
    assert {known.name for known in TYPES} == CONTRACT.keys()


@EVERY_TYPE
def test_captured_and_transferred_data_are_the_contracts_fields(known: InformationType) -> None:
    captured, transferred = (Consumer(factories.make_subscription(known.name)) for _ in range(2))
    make_some_of_each(factories.make_books())
    captured.fetch_all()
    transferred.fetch_all()
    transferred.copy.clear()
    done = transfer(transferred, known)
    lines = transferred.fetch_all()

    assert done.status == Transfer.Status.DONE
    assert {line["operation"] for line in lines} == {"transferred"}
    assert len(lines) == done.rows_done == done.rows_total >= 2
    assert captured.copy == transferred.copy == register(known.name)
    fields = CONTRACT[known.name].split(", ")
    assert list(data_schema(known)["properties"]) == fields
    for line in lines:
        assert list(line["data"]) == fields
        assert (
            list(line["key"])
            == list(key_schema(known)["properties"])
            == KEYS.get(known.name, "company, number").split(", ")
        )
        assert line["key"].items() <= line["data"].items()


@EVERY_TYPE
def test_data_says_what_the_row_says(known: InformationType) -> None:
    """Read by Django's own queries, which share nothing with the SQL of capture and transfers."""
    consumer = Consumer(factories.make_subscription(known.name))
    make_some_of_each(factories.make_books())
    consumer.fetch_all()
    plain = known.plain_fields
    rows = known.model._default_manager.filter(**known.only).values_list(*(field.path for field in plain))
    expected = [dict(zip((field.name for field in plain), map(_as_json, row), strict=True)) for row in rows]
    got = [{field.name: line[field.name] for field in plain} for line in consumer.copy.values()]
    assert sorted(got, key=str) == sorted(expected, key=str)


def _as_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case time():
            return value.isoformat("milliseconds")
        case Decimal() | date():
            return str(value)
        case "":
            return None
        case _:
            return value


@EVERY_TYPE
def test_the_natural_key_of_every_row_that_is_joined_is_guarded(known: InformationType) -> None:
    """What `data` shows of other rows either never changes, or its change is a change of the row."""
    models = {known.model, *(hop.target for hop in sql.hops(known))}
    with connection.cursor() as cursor:
        cursor.execute(
            """select tgrelid::regclass::text from pg_trigger
               where tgname like 'pgtrigger_natural_key_never_changes_%' and tgenabled = 'O'"""
        )
        guarded = {table for (table,) in cursor.fetchall()}
    assert {model._meta.db_table for model in models} <= guarded
    assert all(sql.natural_key(model) for model in models)


@EVERY_TYPE
def test_a_parameter_chooses_rows(known: InformationType) -> None:
    books = factories.make_books()
    consumer = Consumer(factories.make_subscription(known.name))
    make_some_of_each(books)
    consumer.fetch_all()
    everything = transfer(consumer, known).rows_done
    for parameter in known.parameters:
        narrow = {
            "flag": True,
            "month_from": "2024-12",
            "month_to": "2024-01",
            "date_from": "2024-12-01",
            "date_to": "2024-01-01",
        }[parameter.kind]
        assert transfer(consumer, known, **{parameter.name: narrow}).rows_done <= everything
