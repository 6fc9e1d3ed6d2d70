"""The schema of each registered type says what its rows are."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from information_types import registry
from information_types.definition import InformationType
from information_types.schema import component_name, data_schema, key_schema, parameters_schema
from revisions import fan_out
from tests import factories
from tests.integrators import Integrator
from tests.registers import make_some_of_each

TYPES = registry.all_types()
EVERY_TYPE = pytest.mark.parametrize("known", TYPES, ids=[known.name for known in TYPES])


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value."""
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in checker.iter_errors(value)]


def nullable(schema: dict[str, Any]) -> set[str]:
    """The fields that may be null."""
    return {name for name, member in schema["properties"].items() if "null" in member["type"]}


@EVERY_TYPE
@pytest.mark.django_db
def test_every_row_is_as_its_schema_says(known: InformationType) -> None:
    integrator = Integrator(factories.make_subscription(known.name))
    make_some_of_each(factories.make_books())
    fan_out.drain()
    rows = integrator.fetch()["rows"]
    assert len(rows) >= 2
    for row in rows:
        assert problems(data_schema(known), row["data"]) == []
        assert problems(key_schema(known), row["key"]) == []
        assert row["data"].keys() == data_schema(known)["properties"].keys()
        assert row["key"].keys() == key_schema(known)["properties"].keys()


@EVERY_TYPE
@pytest.mark.django_db
def test_what_may_be_null_is_null_somewhere_and_what_may_not_is_not(known: InformationType) -> None:
    integrator = Integrator(factories.make_subscription(known.name))
    make_some_of_each(factories.make_books())
    fan_out.drain()
    rows = [row["data"] for row in integrator.fetch()["rows"]]
    seen = {name for row in rows for name, value in row.items() if value is None}
    assert seen <= nullable(data_schema(known))
    assert not nullable(data_schema(known)) & {*known.key, "active", "amount", "voucher_date"}


def test_the_forms_are_the_contracts() -> None:
    entries = data_schema(registry.get("ledger_entries"))["properties"]
    assert entries["company"]["type"] == entries["account"]["type"] == "string"
    assert entries["row"]["type"] == "integer"
    assert entries["amount"]["pattern"] == r"^-?[0-9]+\.[0-9]{2}$"
    assert entries["voucher_date"]["format"] == "date"
    assert entries["other_dimensions"]["type"] == ["object", "null"]
    status = data_schema(registry.get("supplier_invoices"))["properties"]["status"]
    assert status["enum"] == ["received", "registered", "approved", "paid", "rejected", "cancelled"]
    voucher = data_schema(registry.get("supplier_invoices"))["properties"]["voucher"]
    assert (voucher["type"], voucher["required"]) == (["object", "null"], ["financial_year", "series", "number"])
    kind = data_schema(registry.get("accounts"))["properties"]["account_type"]
    assert kind["enum"] == ["asset", "liability", "income", "expense", None]


@pytest.mark.parametrize(
    ("name", "parameters", "right"),
    [
        ("ledger_entries", {"period_from": "2024-01", "period_to": "2024-12"}, True),
        ("ledger_entries", {"period_from": "2024-01"}, False),
        ("ledger_entries", {"period_from": "2024-13", "period_to": "2024-12"}, False),
        ("accounts", {"active_only": True}, True),
        ("accounts", {}, True),
        ("accounts", {"date_from": "2024-01-01"}, False),
        ("customer_ledger", {"date_to": "2024-01-31"}, True),
    ],
)
def test_a_transfers_parameters_are_the_types_own(name: str, parameters: dict[str, Any], right: bool) -> None:
    assert (problems(parameters_schema(registry.get(name)), parameters) == []) is right


def test_components_are_named_like_their_types() -> None:
    assert component_name(registry.get("ledger_entries")) == "LedgerEntries"
