"""The documents that a copy has something to say of, each with what both sides were when they last agreed."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cached_property

from ledger.models import Company, FinancialYear, Voucher
from ledger.models.invoices import Numbered
from timesheets.models import TimeTransaction
from workcopies.documents.document import Document, key_text
from workcopies.documents.kinds import Json, Key, Kind, all_kinds, kinds_by_register
from workcopies.documents.mine import Change, Mine, Problem
from workcopies.file.manifest import Manifest
from workcopies.models import Landed

Name = tuple[str, Key]

# Documents whose keys the server gives: one made in a copy is another than one that has the same number here.
NUMBERED = (Voucher, Numbered, TimeTransaction)
COMPANIES = Company._meta.db_table
YEARS = FinancialYear._meta.db_table


@dataclasses.dataclass(frozen=True)
class Item:
    """A document of the copy. `known` is what landed of it before; None of `base` or `mine`: it wasn't, or isn't there.

    `made` is the mark of one that was made in the copy, where it has one. All in the copy's own terms.
    """

    register: str
    key: Key
    base: Document | None
    mine: Document | None
    known: Landed | None = None
    problem: Problem | None = None
    made: int | None = None

    @property
    def kind(self) -> Kind:
        """What it is."""
        return kinds_by_register()[self.register]

    @property
    def name(self) -> Name:
        """What it is known by in the copy."""
        return self.register, self.key

    @property
    def is_unreadable(self) -> bool:
        """Whether it is a row whose key can't be read."""
        return self.problem is not None and self.company == ""

    @property
    def information_type(self) -> str:
        """What reports call it."""
        return self.kind.name_of(("",) * len(self.kind.key) if self.is_unreadable else self.key)

    @property
    def named_key(self) -> dict[str, Json]:
        """Its key as reports have it; of a row whose key can't be read, its table and id."""
        if self.problem is not None and self.is_unreadable:
            return {"table": self.problem.table, "id": self.problem.id}
        return self.kind.named_key(self.key)

    @property
    def company(self) -> str:
        """The number of its company."""
        return self.key[0]

    @cached_property
    def base_mine(self) -> Document | None:
        """What the copy had when both sides last agreed."""
        return _kept(self.known.mine) if self.known else self.base

    @cached_property
    def base_theirs(self) -> Document | None:
        """What the server had then."""
        return _kept(self.known.theirs) if self.known else self.base

    @property
    def is_new_here(self) -> bool:
        """Whether the server has yet to give it its key."""
        return self.known is None and self.base is None and issubclass(self.kind.model, NUMBERED)

    @property
    def server_name(self) -> Name | None:
        """What it is known by on the server; None of one that is yet to get its key there."""
        if self.known is not None:
            return self.register, tuple(self.known.server_key)
        return None if self.is_new_here else self.name

    @property
    def is_asked_for(self) -> bool:
        """Whether the copy says anything that it didn't say when both sides last agreed."""
        if self.mine is None or self.base_mine is None:
            return self.mine is not self.base_mine
        return not self.mine.says_as(self.base_mine)


def items_of(mine: Mine, landed: Mapping[Name, Landed], *, made: Mapping[Name, int | None]) -> list[Item]:
    """What a file says, and what landed of it, in the order in which it lands; `made` are the marks of what it made.

    What others refer to comes first, and deletions last, the other way.
    """
    found = {
        (change.register, change.key or _unreadable(change)): Item(
            register=change.register,
            key=change.key or _unreadable(change),
            base=change.base,
            mine=change.mine,
            known=landed.get((change.register, change.key)) if change.key else None,
            problem=change.problem,
            made=made.get((change.register, change.key)) if change.key else None,
        )
        for change in mine.changes
    }
    # As it was checked out, or not there: which is a change where something else has landed meanwhile
    left = landed.keys() - found.keys()
    standing = mine.unchanged(left) if left else {}
    for name in left:
        there = standing.get(name)
        if there is None and name in standing:
            continue  # it stands there, but refers to what can't be read: no deletion
        found[name] = Item(
            register=name[0], key=name[1], base=there, mine=there, known=landed[name], made=landed[name].made
        )
    return sorted(found.values(), key=_turn)


def companies_of(manifest: Manifest, landed: Iterable[Name]) -> set[str]:
    """The numbers of the companies that a copy may say something of: those that it was made of, and its own."""
    return {*manifest.companies, *(key[0] for register, key in landed if register == COMPANIES)}


def _unreadable(change: Change) -> Key:
    """What stands for the key of a row whose key can't be read."""
    return "", change.problem.table if change.problem else "", str(change.problem.id if change.problem else "")


def _turn(item: Item) -> tuple[bool, int, bool, str]:
    place = [kind.register for kind in all_kinds()].index(item.register)
    document = item.mine or item.base_mine
    # What reverses another voucher comes after it, and goes before it.
    refers = document is not None and document.fields.get("reverses") is not None
    if item.mine is None and not item.problem:
        return True, -place, not refers, key_text(item.key)
    return False, place, refers, key_text(item.key)


def _kept(document: Mapping[str, object] | None) -> Document | None:
    return None if document is None else Document.from_json(document)
