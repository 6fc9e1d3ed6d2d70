"""Choosing among three sides, as plain data."""

import dataclasses
from typing import Any

from workcopies.choosing import ChangedBy, Choice, Side, parts_of, put_together, undecided
from workcopies.documents.document import Document

MINE, THEIRS, BOTH = Choice(Side.MINE), Choice(Side.THEIRS), Choice(Side.BOTH)


def supplier(**fields: Any) -> Document:
    return Document("ledger_supplier", ("100", "2001"), {"name": "Ahlsell", "city": None, "phone": None, **fields})


def voucher(rows: dict[int, str], **fields: Any) -> Document:
    return Document(
        "ledger_voucher",
        ("100", "2024-01-01", "A", "17"),
        {"voucher_text": "Hyra", **fields},
        {number: {"account": "1910", "amount": amount} for number, amount in rows.items()},
    )


def test_who_changed_what_is_told_part_by_part() -> None:
    base = supplier(email="a@b.se", bankgiro="1")
    parts = parts_of(
        base, supplier(email="c@d.se", bankgiro="2", city="Borås"), supplier(email="a@b.se", bankgiro="3", city="Borås")
    )
    assert {part.path: part.changed_by for part in parts} == {
        "name": ChangedBy.NOBODY,
        "city": ChangedBy.SAME,
        "phone": ChangedBy.NOBODY,
        "email": ChangedBy.MINE,
        "bankgiro": ChangedBy.BOTH,
    }
    assert undecided(parts, {}) == ["bankgiro"]


def test_what_nobody_chose_for_stays_with_whoever_changed_it() -> None:
    base, mine, theirs = (
        supplier(bankgiro="1"),
        supplier(bankgiro="2", city="Borås"),
        supplier(bankgiro="3", phone="08"),
    )
    made = put_together(parts_of(base, mine, theirs), {"bankgiro": MINE}, of=theirs)
    assert made == supplier(bankgiro="2", city="Borås", phone="08")


def test_another_value_is_neithers() -> None:
    parts = parts_of(supplier(bankgiro="1"), supplier(bankgiro="2"), supplier(bankgiro="3"))
    made = put_together(parts, {"bankgiro": Choice(Side.OTHER, "4")}, of=supplier())
    assert made is not None
    assert made.fields["bankgiro"] == "4"


def test_a_field_that_an_older_file_lacks_is_not_changed_by_it() -> None:
    mine = dataclasses.replace(supplier(), fields={"name": "Ahlsell AB"})
    parts = {part.path: part for part in parts_of(supplier(city="Ystad"), mine, supplier(city="Ystad", phone="08"))}
    assert parts["city"].changed_by is ChangedBy.NOBODY
    assert parts["phone"].proposed is Side.THEIRS


def test_rows_are_chosen_whole() -> None:
    base = voucher({1: "100.00", 2: "-100.00"})
    mine, theirs = voucher({1: "120.00", 2: "-120.00"}), voucher({1: "130.00", 2: "-130.00"})
    parts = parts_of(base, mine, theirs)
    assert undecided(parts, {}) == ["rows.1", "rows.2"]
    made = put_together(parts, {"rows.1": MINE, "rows.2": MINE}, of=theirs)
    assert made == mine


def test_two_rows_that_were_added_under_one_number_may_both_stay() -> None:
    base = voucher({1: "100.00", 2: "-100.00"})
    mine, theirs = voucher({1: "100.00", 2: "-100.00", 3: "5.00"}), voucher({1: "100.00", 2: "-100.00", 3: "7.00"})
    parts = parts_of(base, mine, theirs)
    assert [part.path for part in parts if part.may_be_both] == ["rows.3"]
    made = put_together(parts, {"rows.3": BOTH}, of=theirs)
    assert made is not None
    assert made.rows is not None
    assert {number: row["amount"] for number, row in made.rows.items()} == {
        1: "100.00",
        2: "-100.00",
        3: "7.00",
        4: "5.00",
    }


def test_a_row_is_deleted_by_choosing_who_deleted_it_and_added_beside_the_others() -> None:
    base = voucher({1: "100.00", 2: "-100.00"})
    parts = parts_of(base, voucher({1: "100.00"}), voucher({1: "100.00", 2: "-90.00"}))
    new = {"account": "3001", "amount": "-100.00"}
    made = put_together(parts, {"rows.2": MINE, "rows.new-0": Choice(Side.OTHER, new)}, of=base)
    assert made is not None
    assert made.rows == {1: base.rows and base.rows[1], 3: new}


def test_a_deletion_against_a_change_is_chosen_as_a_whole() -> None:
    theirs = supplier(city="Borås")
    parts = parts_of(supplier(), None, theirs)
    assert undecided(parts, {}) == [""]
    assert put_together(parts, {"": MINE}, of=theirs) is None
    assert put_together(parts, {"": THEIRS}, of=theirs) == theirs


def test_a_choice_is_kept_as_json() -> None:
    for choice in (MINE, BOTH, Choice(Side.OTHER, {"amount": "1.00"}), Choice(Side.OTHER, None)):
        assert Choice.from_json(choice.as_json()) == choice
