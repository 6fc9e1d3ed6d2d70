"""The registry: each type once, found by name and by number."""

import dataclasses

import pytest

from information_types import registry, sql
from information_types.definition import Field, InformationType
from information_types.exceptions import UnknownInformationType
from ledger.models import Account, LedgerEntry, SupplierPayment


def test_types_are_found_by_name_and_number() -> None:
    for known in registry.all_types():
        assert registry.get(known.name) is registry.by_number(known.number) is known
    assert len({known.number for known in registry.all_types()}) == len(registry.all_types())


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownInformationType, match="accounts"):
        registry.get("nothing")
    with pytest.raises(UnknownInformationType):
        registry.by_number(0)


@pytest.mark.parametrize("change", [{"number": 999}, {"name": "other"}])
def test_a_name_or_number_is_given_once(change: dict[str, object]) -> None:
    twin = dataclasses.replace(registry.get("accounts"), **change)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(ValueError, match="taken"):
        registry.register(twin)


def test_the_fields_start_with_the_key() -> None:
    with pytest.raises(ValueError, match="must start"):
        InformationType(
            name="wrong",
            number=99,
            model=Account,
            label="Wrong",
            group="bookkeeping",
            key=("company", "number"),
            fields=(Field("number", "number"), Field("company", "company__number")),
        )


def test_a_field_that_changes_two_tables_away_is_refused() -> None:
    wrong = dataclasses.replace(
        registry.get("supplier_payments"),
        fields=(*registry.get("supplier_payments").fields, Field("supplier_name", "invoice__supplier__name")),
    )
    with pytest.raises(ValueError, match="two tables away"):
        sql.parents(wrong)


def test_parents_are_the_rows_whose_changes_show() -> None:
    (voucher,) = sql.parents(registry.get("ledger_entries"))
    assert (voucher.foreign_key, voucher.columns) == ("voucher", ("voucher_date", "text", "registered_on"))
    (invoice,) = sql.parents(registry.get("supplier_payments"))
    assert (invoice.foreign_key, invoice.columns) == ("invoice", ("supplier_id",))
    assert sql.parents(registry.get("accounts")) == ()


def test_every_foreign_key_that_is_read_over_is_known() -> None:
    columns = {(hop.model, hop.column) for hop in sql.hops(registry.get("ledger_entries"))}
    assert (LedgerEntry, "cost_centre_id") in columns
    assert len(columns) == 8
    assert (SupplierPayment, "invoice_id") in {
        (hop.model, hop.column) for hop in sql.hops(registry.get("supplier_payments"))
    }
