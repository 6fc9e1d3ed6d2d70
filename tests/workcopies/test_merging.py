"""The three-way merge: what only one side changed is never lost, and what both changed differently waits."""

import dataclasses
from typing import Any

import pytest

from workcopies.documents.document import Document, key_from_text, key_text
from workcopies.documents.merging import Difference, Verdict, merge

VOUCHER = "ledger_voucher"
ACCOUNT = "ledger_account"


def account(**fields: Any) -> Document:
    return Document(ACCOUNT, ("100", "1930"), {"name": "Bank", "account_type": "asset", "active": True, **fields})


def row(amount: str, account: str = "1930", **fields: Any) -> dict[str, Any]:
    return {"account": account, "amount": amount, "text": None, **fields}


def voucher(*rows: dict[str, Any], number: str = "7", **fields: Any) -> Document:
    said = {"voucher_date": "2024-01-02", "voucher_text": "Hyra", **fields}
    return Document(VOUCHER, ("100", "2024-01-01", "A", number), said, dict(enumerate(rows, start=1)))


RENT = voucher(row("100.00"), row("-100.00", "5010"))
DEARER = voucher(row("120.00"), row("-120.00", "5010"))


def test_what_nobody_changed_is_nothing() -> None:
    assert merge(RENT, RENT, RENT, RENT).verdict is Verdict.NOTHING
    assert merge(None, None, None, None).verdict is Verdict.NOTHING


def test_what_only_the_copy_changed_lands() -> None:
    outcome = merge(RENT, DEARER, RENT, RENT)
    assert (outcome.verdict, outcome.operation, outcome.result) == (Verdict.MINE, "change", DEARER)
    assert merge(None, RENT, None, None).operation == "create"
    assert merge(RENT, None, RENT, RENT).operation == "delete"


def test_what_only_the_server_changed_stays() -> None:
    for theirs in (DEARER, None):
        outcome = merge(RENT, RENT, RENT, theirs)
        assert (outcome.verdict, outcome.operation, outcome.result) == (Verdict.THEIRS, None, theirs)


def test_the_same_on_both_sides_needs_nothing() -> None:
    assert merge(RENT, DEARER, RENT, DEARER).verdict is Verdict.SAME
    assert merge(RENT, None, RENT, None).verdict is Verdict.SAME
    assert merge(None, RENT, None, RENT).verdict is Verdict.SAME


def test_master_data_is_merged_field_by_field() -> None:
    outcome = merge(account(), account(name="Banken"), account(), account(active=False))
    assert (outcome.verdict, outcome.operation) == (Verdict.MERGED, "change")
    assert outcome.result == account(name="Banken", active=False)


def test_a_field_that_both_changed_differently_is_a_conflict() -> None:
    outcome = merge(account(), account(name="Banken", active=False), account(), account(name="Konto"))
    assert (outcome.verdict, outcome.operation) == (Verdict.CONFLICT, None)
    assert outcome.fields == {"name": Difference("Bank", "Banken", "Konto")}
    assert outcome.result == account(name="Konto", active=False)


def test_a_voucher_lands_whole_or_waits_whole() -> None:
    theirs = voucher(row("100.00", text="Lokal"), row("-100.00", "5010"))
    outcome = merge(RENT, DEARER, RENT, theirs)
    assert outcome.verdict is Verdict.CONFLICT
    assert outcome.fields == {
        "rows.1.amount": Difference("100.00", "120.00", "100.00"),
        "rows.1.text": Difference(None, None, "Lokal"),
        "rows.2.amount": Difference("-100.00", "-120.00", "-100.00"),
    }


@pytest.mark.parametrize(("mine", "theirs"), [(None, DEARER), (DEARER, None)])
def test_a_deletion_against_a_change_is_a_conflict(mine: Document | None, theirs: Document | None) -> None:
    outcome = merge(RENT, mine, RENT, theirs)
    assert (outcome.verdict, outcome.mine, outcome.theirs) == (Verdict.CONFLICT, mine, theirs)
    assert outcome.fields["rows.1.amount"].base == "100.00"


def test_the_same_key_made_on_both_sides_is_a_conflict() -> None:
    outcome = merge(None, account(), None, account(name="Kassa"))
    assert (outcome.verdict, outcome.fields) == (Verdict.CONFLICT, {"name": Difference(None, "Bank", "Kassa")})


def test_after_a_check_in_each_side_is_compared_with_what_it_had_then() -> None:
    mine = dataclasses.replace(RENT, key=(*RENT.key[:-1], "P1"))
    assert merge(mine, mine, RENT, RENT).verdict is Verdict.NOTHING
    outcome = merge(mine, dataclasses.replace(DEARER, key=mine.key), RENT, RENT)
    assert (outcome.verdict, outcome.operation, outcome.result) == (Verdict.MINE, "change", DEARER)


def test_rows_of_the_copy_find_those_that_got_another_number() -> None:
    mine = dataclasses.replace(RENT, rows={1: row("100.00"), 9: row("-100.00", "5010")})
    changed = dataclasses.replace(mine, rows={1: row("100.00"), 9: row("-60.00", "5010"), 10: row("-40.00", "5060")})
    outcome = merge(mine, changed, RENT, RENT)
    assert outcome.result is not None
    assert outcome.result.rows == {1: row("100.00"), 2: row("-60.00", "5010"), 10: row("-40.00", "5060")}


def test_a_new_row_never_takes_the_number_of_another() -> None:
    mine = dataclasses.replace(RENT, rows={1: row("100.00"), 9: row("-100.00", "5010")})
    changed = dataclasses.replace(mine, rows={1: row("100.00"), 2: row("-40.00", "5060"), 9: row("-60.00", "5010")})
    outcome = merge(mine, changed, RENT, RENT)
    assert outcome.result is not None
    assert outcome.result.rows == {1: row("100.00"), 2: row("-60.00", "5010"), 3: row("-40.00", "5060")}


def test_what_somebody_chose_earlier_isnt_undone_by_another_change() -> None:
    chosen = account(name="Konto")
    outcome = merge(account(name="Banken"), account(name="Banken", active=False), chosen, chosen)
    assert outcome.result == account(name="Konto", active=False)


def test_a_document_gone_by_choice_isnt_brought_back_without_asking() -> None:
    assert merge(RENT, DEARER, None, None).verdict is Verdict.CONFLICT
    assert merge(RENT, None, None, None).verdict is Verdict.SAME
    assert merge(None, RENT, DEARER, DEARER).verdict is Verdict.CONFLICT


def test_a_file_of_an_older_version_changes_nothing_that_it_doesnt_know() -> None:
    older = Document(ACCOUNT, ("100", "1930"), {"name": "Bank", "active": True})
    renamed = dataclasses.replace(older, fields={"name": "Banken", "active": True})
    assert merge(older, older, older, account()).verdict is Verdict.NOTHING
    assert merge(older, renamed, older, account()).result == account(name="Banken")


def test_a_document_is_kept_as_json() -> None:
    assert Document.from_json(RENT.as_json()) == RENT
    assert key_from_text(key_text(RENT.key)) == RENT.key


def test_reports_name_a_document_as_the_contract_does() -> None:
    assert (RENT.information_type, RENT.named_key) == (
        "ledger_entries",
        {"company": "100", "financial_year": "2024-01-01", "series": "A", "number": "7"},
    )
    project = Document("ledger_dimensionvalue", ("100", "2", "P1"), {})
    assert (project.information_type, project.named_key) == ("projects", {"company": "100", "code": "P1"})
    assert Document("ledger_financialyear", ("100", "2024-01-01"), {}).information_type == "financial_years"


def test_references_are_keys_and_can_be_renamed() -> None:
    made = {"financial_year": "2024-01-01", "series": "A", "number": "P1"}
    invoice = Document("ledger_supplierinvoice", ("100", "12"), {"supplier": "7", "voucher": made, "amount": "1.00"})
    assert list(invoice.references()) == [
        ("supplier", "ledger_supplier", ("100", "7")),
        ("voucher", VOUCHER, ("100", "2024-01-01", "A", "P1")),
    ]
    real = invoice.with_references(lambda register, key: RENT.key if register == VOUCHER else key)
    assert real.fields == {**invoice.fields, "voucher": {**made, "number": "7"}}
