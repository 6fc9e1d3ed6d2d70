"""Landing what a copy asks for: each document merged with what the server has, under its lock, and written at once.

Called within the transaction that everything lands in.
"""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from access.rights import Rights
from ledger.exceptions import AlreadyExists
from ledger.models import FinancialYear, Voucher
from timesheets.models import TimeTransaction
from workcopies.documents.document import Document
from workcopies.documents.kinds import Key, Kind
from workcopies.documents.merging import Difference, Outcome, Verdict, asked, merge
from workcopies.documents.theirs import read_theirs
from workcopies.landing.applying import Applier
from workcopies.landing.finding import Finder
from workcopies.landing.guarding import Guard
from workcopies.landing.items import COMPANIES, YEARS, Item, Name
from workcopies.landing.refusing import REFUSALS, Refused, all_or_nothing, reason_of
from workcopies.landing.report import ConflictOf, Landing, Operation, Refusal
from workcopies.models import Landed

OPERATIONS: Mapping[str, Operation] = {"create": "created", "change": "changed", "delete": "deleted"}
# Who changed a document, as a preview counts it; what both did alike is in neither's way
SIDES = {
    Verdict.NOTHING: "same",
    Verdict.SAME: "same",
    Verdict.THEIRS: "same",
    Verdict.MINE: "mine",
    Verdict.MERGED: "both",
    Verdict.CONFLICT: "both",
}
VOUCHERS = Voucher._meta.db_table


@dataclasses.dataclass
class Landings:
    """What became of the documents so far: by what they are known by in the copy."""

    landed: dict[Name, Landing] = dataclasses.field(default_factory=dict)
    conflicts: dict[Name, tuple[Item, Outcome]] = dataclasses.field(default_factory=dict)
    in_conflict: list[ConflictOf] = dataclasses.field(default_factory=list)
    refused: dict[Name, Refusal] = dataclasses.field(default_factory=dict)
    # With the key that each has here: what both sides agree on from now on
    agreed: dict[Name, tuple[Item, Key]] = dataclasses.field(default_factory=dict)
    sides: dict[str, Counter[str]] = dataclasses.field(default_factory=lambda: defaultdict(Counter))


@dataclasses.dataclass
class _Lock:
    """A year that is locked when its vouchers have landed."""

    item: Item
    wanted: Document
    opened: Document
    is_written: bool


class Lander:
    """Lands documents one by one; those that are refused are tried again once others have landed.

    Where nothing `is_written` they are merged alone, and nothing is locked: what the services refuse isn't known then.
    """

    def __init__(
        self,
        items: Sequence[Item],
        *,
        companies: Iterable[str],
        landed: Mapping[Name, Landed],
        rights: Rights,
        guard: Guard,
        watch: Callable[[int], None],
        doubtful: Iterable[Item] = (),
        is_written: bool = True,
    ) -> None:
        self.done = Landings()
        self.items = items
        self._companies = set(companies)
        self.guard = guard
        self._watch = watch
        self._is_written = is_written
        self._finder = Finder()
        self._applier = Applier(rights, self._finder)
        self._theirs: dict[Name, Document] = {}
        self._locks: dict[Name, _Lock] = {}
        self._keys: dict[Name, Key] = {name: tuple(one.server_key) for name, one in landed.items()}
        self.landed_before = {(one.register, tuple(one.server_key)) for one in landed.values()}
        self._waiting = {item.name for item in items if item.is_new_here}
        doubtful = list(doubtful)
        self._doubtful = {item.name for item in doubtful}
        # Of the same number in the copy, and perhaps another document
        self._perhaps_others = {item.name for item in doubtful if item.base is None and not _is_known_by_its_mark(item)}
        self._new_companies = {item.company for item in items if item.register == COMPANIES and item.base is None}

    def land(self) -> Landings:
        """Land everything that can."""
        self._read()
        self._watch(0)
        left = list(self.items)
        while left:
            refused = [item for item in left if not self._settle(item)]
            if len(refused) == len(left):
                break
            left = refused
        for name in sorted(self._locks):
            self._lock(self._locks[name])
        return self.done

    def may_see(self, kind: Kind, company: str) -> bool:
        """Whether documents of a kind may be seen in a company by whoever checks in."""
        return self._applier.may_see(kind, company)

    def theirs_now(self) -> dict[Name, Document]:
        """What the server has of everything that both sides agree on, as it is after all has landed."""
        return read_theirs({(item.register, key) for item, key in self.done.agreed.values()})

    def _read(self) -> None:
        """Look at the server's side of all documents, and hold it still: what is merged is what is written."""
        # Companies first: of each document is asked whose it is.
        self._finder.prepare((COMPANIES, (company,)) for company in {item.company for item in self.items})
        names = {item.server_name for item in self.items if self._is_of_copy(item)}
        there = sorted(name for name in names if name is not None)
        self._theirs = read_theirs(there, lock=self._is_written)
        # Only now, since others may have written until then
        referred = {
            (register, self._keys.get((register, key), key))
            for item in self.items
            if item.mine is not None
            for _name, register, key in item.mine.references()
        }
        self._finder.prepare(referred.union(there))

    def _settle(self, item: Item) -> bool:
        """Land a document, or find out why not; returns whether there is nothing more to be tried."""
        try:
            self._check(item)
            self._do(item, self._outcome(item))
        except REFUSALS as error:
            self._finder.forget(*(item.server_name or item.name))
            code, reason = reason_of(error, item.kind.model)
            if code == AlreadyExists.code and self._has_appeared(item):
                return self._settle(item)
            self.done.refused[item.name] = Refusal(**self._about(item), reason=reason, code=code)
            self._watch(len(self.done.agreed) + len(self.done.conflicts))
            return False
        self.done.refused.pop(item.name, None)
        self._waiting.discard(item.name)
        self._watch(len(self.done.agreed) + len(self.done.conflicts))
        return True

    def _check(self, item: Item) -> None:
        if item.problem:
            raise Refused(item.problem.reason, code="bad_value")
        if not self._is_of_copy(item):
            raise Refused(_("The company is not in this working copy."), code="not_found")
        # Of a new company's number another one may have been made here meanwhile.
        is_of_new = item.register != COMPANIES and item.company in self._new_companies - self._companies
        if is_of_new and (COMPANIES, (item.company,)) not in self.done.agreed:
            text = _("What it belongs to is not here, or did not land: %(key)s.")
            raise Refused(text % {"key": item.company}, code="unknown_reference")
        if item.company not in self._new_companies:
            self._applier.check_may_see(item.kind, item.company)
        for name, register, key in item.mine.references() if item.mine else ():
            is_unsure = (register, key) in self._waiting or (register, key) in self._perhaps_others
            if is_unsure and (register, key) != item.name:
                text = _("%(field)s: %(key)s was made in the copy, and did not land.")
                raise Refused(text % {"field": name, "key": " ".join(key[1:])}, code="unknown_reference")

    def _is_of_copy(self, item: Item) -> bool:
        # A new company is added by whoever may add companies anywhere; what is in it comes with it.
        return item.company in self._companies or (
            item.company in self._new_companies and self._applier.may_add_companies
        )

    def _has_appeared(self, item: Item) -> bool:
        """Whether somebody has made a document of this key after it was looked for: it is merged with that one."""
        name = item.server_name
        if name is None or name in self._theirs:
            return False
        found = read_theirs([name], lock=True)
        self._theirs.update(found)
        return bool(found)

    def _outcome(self, item: Item) -> Outcome:
        theirs = self._theirs.get(item.server_name) if item.server_name else None
        base, mine = self._renamed(item.base_mine), self._renamed(item.mine)
        outcome = merge(base, mine, item.base_theirs, theirs)
        return asked(outcome) if item.name in self._doubtful else outcome

    def _renamed(self, document: Document | None) -> Document | None:
        if document is None:
            return None
        return document.with_references(lambda register, key: self._keys.get((register, key), key))

    def _do(self, item: Item, outcome: Outcome) -> None:
        if outcome.operation is not None or outcome.verdict is Verdict.CONFLICT:
            self.guard.check(item)
        if outcome.verdict is Verdict.CONFLICT:
            if self._finder.get(COMPANIES, (item.company,)) is None:
                raise Refused(_("The company is not here any more."), code="not_found")
            self.done.conflicts[item.name] = item, outcome
            self.done.in_conflict.append(ConflictOf(**self._about(item), fields=_as_json(outcome.fields)))
        elif outcome.operation is None:
            self._agree(item, outcome.theirs.key if outcome.theirs else (item.server_name or item.name)[1])
        else:
            self._write(item, outcome, OPERATIONS[outcome.operation])
        self.done.sides[item.register][SIDES[outcome.verdict]] += 1

    def _write(self, item: Item, outcome: Outcome, operation: Operation) -> None:
        wanted, theirs = outcome.result, outcome.theirs
        subject = wanted or theirs
        if subject is None:
            raise TypeError("Nothing is to be written.")
        if self._is_written or not self._is_of_company_to_come(item):
            self._applier.check_right(subject, operation)
        if not self._is_written:
            self._landed(item, outcome, operation, subject.key)
            return
        opened = None if wanted is None else _opened(wanted, theirs)
        with all_or_nothing():
            made = self._apply(opened or wanted, theirs)
        key = subject.key if made is None else self._finder.add(made)
        if wanted is None:
            self._finder.forget(subject.register, subject.key)
        if wanted is not None and opened is not None:
            is_written = theirs is None or not opened.says_as(theirs)
            self._locks[item.name] = _Lock(item, wanted, opened, is_written)
        self._landed(item, outcome, operation, key)

    def _is_of_company_to_come(self, item: Item) -> bool:
        """Whether nobody can tell yet who may do what in its company: the copy makes it, and it isn't here."""
        return item.company in self._new_companies and self._finder.get(COMPANIES, (item.company,)) is None

    def _apply(self, wanted: Document | None, theirs: Document | None) -> Model | None:
        if theirs is None and wanted is not None:
            return self._applier.create(wanted)
        if theirs is not None and wanted is not None:
            self._applier.change(wanted, theirs)
        elif theirs is not None:
            self._applier.delete(theirs)
        return None

    def _landed(self, item: Item, outcome: Outcome, operation: Operation, key: Key) -> None:
        self._agree(item, key)
        about = {**self._about(item), "key": item.kind.named_key(key)}
        provisional = item.key[-1] if item.is_new_here else None
        fields = _changed(outcome.theirs, outcome.result)
        self.done.landed[item.name] = Landing(**about, operation=operation, provisional=provisional, fields=fields)

    def _agree(self, item: Item, key: Key) -> None:
        self._keys[item.name] = key
        self.done.agreed[item.name] = item, key
        if item.kind.model is TimeTransaction and self._is_written:
            self._applier.registrations[item.company, item.key[1]] = int(key[1])

    def _lock(self, lock: _Lock) -> None:
        """Lock a year, now that its vouchers are there; not while some of them wait."""
        item = lock.item
        try:
            waiting = [name for name in (*self.done.refused, *self.done.conflicts) if _is_voucher_of(name, item.key)]
            if waiting:
                text = _("The period is locked when its vouchers have landed: %(count)s of them wait.")
                raise Refused(text % {"count": len(waiting)}, code="waiting")
            with all_or_nothing():
                self._applier.change(lock.wanted, lock.opened)
        except REFUSALS as error:
            code, reason = reason_of(error, FinancialYear)
            self.done.refused[item.name] = Refusal(**self._about(item), reason=reason, code=code)
            if lock.is_written:
                # All but its lock landed; that is what the next check-in still finds to be done.
                unlocked = dataclasses.replace(item, mine=lock.opened)
                self.done.agreed[item.name] = unlocked, self.done.agreed[item.name][1]
            else:
                del self.done.landed[item.name], self.done.agreed[item.name]

    def _about(self, item: Item) -> dict[str, Any]:
        key = self._keys.get(item.name)
        return {
            "information_type": item.information_type,
            "key": item.kind.named_key(key) if key else item.named_key,
            "register": item.register,
            "company": item.company,
        }


def _is_known_by_its_mark(item: Item) -> bool:
    """Whether what landed of it before was made with it, as one row."""
    return item.made is not None and item.known is not None and item.known.made == item.made


def _opened(wanted: Document, theirs: Document | None) -> Document | None:
    """A year that is to be locked further than it is, as it is before; None where nothing is to be locked."""
    if wanted.register != YEARS:
        return None
    before, until = (theirs.fields.get("locked_until") if theirs else None), wanted.fields.get("locked_until")
    if until is None or (before is not None and before >= until):
        return None
    return dataclasses.replace(wanted, fields={**wanted.fields, "locked_until": before})


def _is_voucher_of(name: Name, year: Key) -> bool:
    register, key = name
    return register == VOUCHERS and key[:2] == year


def _changed(before: Document | None, after: Document | None) -> dict[str, Any]:
    """What is written of a document that both are, by name."""
    if before is None or after is None:
        return {}
    was, becomes = before.flat(), after.flat()
    return {
        name: {"base": was.get(name), "mine": becomes.get(name)}
        for name in dict.fromkeys((*was, *becomes))
        if was.get(name) != becomes.get(name)
    }


def _as_json(fields: Mapping[str, Difference]) -> dict[str, Any]:
    return {name: difference.as_json() for name, difference in fields.items()}
