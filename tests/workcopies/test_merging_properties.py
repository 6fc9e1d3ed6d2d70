"""Random edits on both sides of random registers: what the merge promises of all of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workcopies.documents.document import Document
from workcopies.documents.merging import Outcome, Verdict, merge

Register = Mapping[Any, Document]

ACCOUNTS = [("ledger_account", ("100", number)) for number in ("1", "2", "3")]
VOUCHERS = [("ledger_voucher", ("100", "2024-01-01", "A", number)) for number in ("1", "2", "3")]

words = st.sampled_from(["a", "b", None])
accounts = st.fixed_dictionaries({"name": words, "account_type": words, "active": st.booleans()})
rows = st.dictionaries(st.integers(1, 4), st.fixed_dictionaries({"account": words, "amount": words}), max_size=3)
headers = st.fixed_dictionaries({"voucher_date": words, "voucher_text": words})


def documents(name: Any) -> st.SearchStrategy[Document]:
    if name in ACCOUNTS:
        return accounts.map(lambda fields: Document(name[0], name[1], fields))
    return st.builds(lambda fields, found: Document(name[0], name[1], fields, found), headers, rows)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    names = draw(st.sets(st.sampled_from(ACCOUNTS + VOUCHERS)))
    return {name: draw(documents(name)) for name in sorted(names)}


@st.composite
def edited(draw: st.DrawFn, register: Register) -> Register:
    """The register after somebody worked in it: some documents deleted, some changed in part, some made."""
    after = dict(register)
    for name in draw(st.lists(st.sampled_from(ACCOUNTS + VOUCHERS), max_size=4)):
        match draw(st.sampled_from(["delete", "change", "make"])):
            case "delete":
                after.pop(name, None)
            case "change" if name in after:
                after[name] = draw(changed(after[name]))
            case _:
                after[name] = draw(documents(name))
    return after


@st.composite
def changed(draw: st.DrawFn, document: Document) -> Document:
    field = draw(st.sampled_from(sorted(document.fields)))
    value = draw(st.booleans() if field == "active" else words)
    after = replace(document, fields={**document.fields, field: value})
    if document.rows and draw(st.booleans()):
        number = draw(st.sampled_from(sorted(document.rows)))
        row = draw(st.one_of(st.none(), st.fixed_dictionaries({"account": words, "amount": words})))
        found = {n: r for n, r in document.rows.items() if n != number}
        after = replace(after, rows=found if row is None else {**found, number: row})
    return after


@st.composite
def both_sides(draw: st.DrawFn) -> tuple[Register, Register, Register]:
    base = draw(registers())
    return base, draw(edited(base)), draw(edited(base))


def outcomes(base_mine: Register, mine: Register, base_theirs: Register, theirs: Register) -> dict[Any, Outcome]:
    return {
        name: merge(base_mine.get(name), mine.get(name), base_theirs.get(name), theirs.get(name))
        for name in sorted({*base_mine, *mine, *base_theirs, *theirs})
    }


def landed(theirs: Register, found: Mapping[Any, Outcome]) -> Register:
    """The server's register once the outcomes are written to it."""
    after = {**theirs, **{name: o.result for name, o in found.items() if o.operation and o.result}}
    return {name: document for name, document in after.items() if not _is_deleted(found.get(name))}


def _is_deleted(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.operation == "delete"


def in_conflict(found: Mapping[Any, Outcome]) -> set[Any]:
    return {name for name, outcome in found.items() if outcome.verdict is Verdict.CONFLICT}


@given(both_sides())
@settings(max_examples=150, deadline=None)
def test_what_only_one_side_changed_is_never_lost(sides: tuple[Register, Register, Register]) -> None:
    base, mine, theirs = sides
    found = outcomes(base, mine, base, theirs)
    after = landed(theirs, found)
    for name, outcome in found.items():
        was, ours, others = base.get(name), mine.get(name), theirs.get(name)
        if outcome.verdict is Verdict.CONFLICT:
            assert (outcome.mine, outcome.theirs, after.get(name)) == (ours, others, others)
            assert was != ours != others != was
            assert outcome.fields or None in (ours, others) or ours is None
        elif was == others:
            assert after.get(name) == ours
        elif ours in (was, others):
            assert after.get(name) == others
        else:  # each of them changed other fields
            assert was
            assert ours
            assert others
            assert name in ACCOUNTS
            for field, value in after[name].fields.items():
                changes = {side.fields[field] for side in (ours, others)} - {was.fields[field]}
                assert changes <= {value}


@given(both_sides())
@settings(max_examples=150, deadline=None)
def test_merging_again_does_nothing(sides: tuple[Register, Register, Register]) -> None:
    base, mine, theirs = sides
    first = outcomes(base, mine, base, theirs)
    after = landed(theirs, first)
    # with what is remembered of the landing, and without: as after a crash
    agreed = {name for name, outcome in first.items() if outcome.verdict is not Verdict.CONFLICT}
    again = outcomes({**base, **{name: mine[name] for name in agreed & mine.keys()}}, mine, {**base, **after}, after)
    for name in agreed:
        if name in mine and name in after:
            assert again[name].verdict is Verdict.NOTHING
    forgotten = outcomes(base, mine, base, after)
    for name in agreed & forgotten.keys():
        assert forgotten[name].operation is None
        assert forgotten[name].result == after.get(name)
    assert in_conflict(forgotten) == in_conflict(first)


@given(both_sides())
@settings(max_examples=150, deadline=None)
def test_the_order_of_two_check_ins_matters_for_conflicts_alone(sides: tuple[Register, Register, Register]) -> None:
    base, one, other = sides

    def checked_in(*copies: Register) -> tuple[Register, set[Any]]:
        server, waiting = base, set[Any]()
        for copy in copies:
            found = outcomes(base, copy, base, server)
            waiting |= in_conflict(found)
            server = landed(server, found)
        return server, waiting

    (first, waiting), (second, also_waiting) = checked_in(one, other), checked_in(other, one)
    assert waiting == also_waiting
    assert {n: d for n, d in first.items() if n not in waiting} == {n: d for n, d in second.items() if n not in waiting}


@given(both_sides())
@settings(max_examples=100, deadline=None)
def test_the_sides_are_alike(sides: tuple[Register, Register, Register]) -> None:
    base, mine, theirs = sides
    ours, others = outcomes(base, mine, base, theirs), outcomes(base, theirs, base, mine)
    assert in_conflict(ours) == in_conflict(others)
    for name in in_conflict(ours):
        turned = {field: (d.base, d.theirs, d.mine) for field, d in others[name].fields.items()}
        assert {field: (d.base, d.mine, d.theirs) for field, d in ours[name].fields.items()} == turned


@given(both_sides(), st.data())
@settings(max_examples=150, deadline=None)
def test_work_goes_on_in_the_same_copy_after_a_check_in(
    sides: tuple[Register, Register, Register], data: st.DataObject
) -> None:
    base, mine, theirs = sides
    first = outcomes(base, mine, base, theirs)
    after = landed(theirs, first)
    agreed = [name for name, outcome in first.items() if outcome.verdict is not Verdict.CONFLICT]
    base_mine = {name: mine[name] for name in agreed if name in mine}
    base_theirs = {name: after[name] for name in agreed if name in after}
    later = data.draw(edited(base_mine))
    found = outcomes(base_mine, later, base_theirs, base_theirs)
    assert all((name in base_mine) != (name in base_theirs) for name in in_conflict(found))
    server = landed(base_theirs, found)
    for name in base_mine.keys() & base_theirs.keys():
        ours, others = base_mine[name], base_theirs[name]
        if name not in later:
            assert name not in server
        elif ours.says_as(others):
            assert server[name].says_as(later[name])
        else:
            changes = {field: value for field, value in later[name].fields.items() if ours.fields[field] != value}
            assert server[name].fields == {**others.fields, **changes}
