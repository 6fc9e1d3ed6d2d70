"""Registering hours, and changing them: many rows in few statements, all of them or none."""

import uuid
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.models import Company, NumberSeries
from timesheets.exceptions import HoursChanged, HoursRefused, RowError
from timesheets.models import LEVELS, TimeCategory, TimeTransaction
from timesheets.services.cleaning import NAMING, WRITABLE, clean, complete
from timesheets.services.numbers import keep_highest, lock_registrations, next_uids
from timesheets.services.storing import New, store_changed, store_created, told_of_others

# Held still until the hours are there; before any row is locked, as a category's change locks it before its hours.
HOLD_CATEGORIES = """
    select id from timesheets_timecategory where company_id = %s and number = any(%s) order by id for share
"""


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What became of one row that was given; `uid` and `pk` are None for what a preview would create."""

    outcome: Outcome
    pk: int | None
    uid: int | None
    time_category: int
    approvals_withdrawn: bool = False


@dataclass(kw_only=True)
class _Asked:
    """A row as it was asked for, and what is found out about it."""

    row: int
    values: dict[str, Any]
    named: dict[str, Any]
    category: TimeCategory | None = None
    known: TimeTransaction | None = None
    uid: int | None = None

    @property
    def external_id(self) -> str:
        return self.values.get("external_id") or ""

    @property
    def group(self) -> Hashable:
        """What rows of one registration have in common."""
        if self.named.get("uid") is not None:
            return "uid", self.named["uid"]
        if self.named.get("registration"):
            return "registration", self.named["registration"]
        return ("external_id", self.external_id) if self.external_id else ("row", self.row)


@dataclass
class _Found:
    """The hours that the asked rows may be about."""

    by_external_id: dict[tuple[str, int], TimeTransaction] = field(default_factory=dict)
    by_key: dict[tuple[int, int], TimeTransaction] = field(default_factory=dict)
    uid_of_external_id: dict[str, int] = field(default_factory=dict)


class _Errors(list[RowError]):
    """What is wrong, and of which rows."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: set[int] = set()

    def append(self, error: RowError) -> None:
        super().append(error)
        self.rows.add(error.row)

    def tell(self, asked: _Asked, name: str | None, code: str, message: str | Promise) -> None:
        self.append(RowError(row=asked.row, field=name, code=code, message=message))

    def refuse(self) -> None:
        """Raise all of them, if there are any."""
        if self:
            raise HoursRefused(sorted(self, key=lambda error: error.row))


def new_correlation_id() -> str:
    """A name for one action, that all rows which it changed are told by."""
    return uuid.uuid4().hex


def register_hours(
    *,
    company: Company,
    rows: Sequence[Mapping[str, Any]],
    may_add: bool = True,
    may_change: bool = True,
    change_known_uids: bool = False,
    correlation_id: str = "",
    is_preview: bool = False,
) -> list[Registered]:
    """Register hours; one `Registered` a row, in their order. A row names fields of `data`, in JSON's forms or
    Python's.

    A row whose `external_id` is known in its `time_category` (a number) changes that one: what it names, nothing else.
    With `change_known_uids`, so does one whose `uid` and category are known. Rows of one registration share a `uid`:
    those that give the same one, or the same `registration` (any text, not kept), or the same external id.

    Raises `HoursRefused` with all that is wrong; then nothing is written. A preview writes nothing either.
    """
    errors = _Errors()
    asked = [_read(row, number, errors) for number, row in enumerate(rows)]
    with transaction.atomic():
        series = None if is_preview else lock_registrations(company)
        _find_categories(company, asked, errors, hold=not is_preview)
        found = _find(company, asked, lock=not is_preview)
        _match(asked, found, errors, change_known_uids=change_known_uids)
        for one in asked:
            _judge(one, errors, may_add=may_add, may_change=may_change)
        _share_uids(asked, found, errors)
        errors.refuse()
        if series is not None:
            _give_uids(asked, series)
        return _write(company, asked, correlation_id or new_correlation_id(), is_preview=is_preview)


def change_hours(
    *,
    company: Company,
    rows: Mapping[int, Mapping[str, Any]],
    seen: Mapping[int, datetime] | None = None,
    correlation_id: str = "",
) -> list[Registered]:
    """Change hours by their primary keys: of each row what is named, nothing else.

    `seen` tells by `last_updated_on` in what state a row was when whoever changes it looked. Raises `HoursChanged`,
    `HoursRefused` (rows counted in the mapping's order); then nothing is written.
    """
    errors = _Errors()
    asked = [
        _Asked(row=number, values={}, named=clean(values, number, errors))
        for number, values in enumerate(rows.values())
    ]
    with transaction.atomic():
        lock_registrations(company)
        known = TimeTransaction.objects.filter(company=company, pk__in=rows).select_related("time_category")
        found = {one.pk: one for one in known.select_for_update(of=("self",)).order_by("pk")}
        for one, pk in zip(asked, rows, strict=True):
            if (row := found.get(pk)) is None or (seen and pk in seen and seen[pk] != row.last_updated_on):
                raise HoursChanged
            one.known, one.uid, one.category = row, row.uid, row.time_category
            for name in set(NAMING) & one.named.keys():
                errors.tell(one, name, "natural_key_changed", _("This names the row and never changes."))
            one.values = _as_it_will_be(one)
            _judge(one, errors, may_add=True, may_change=True)
        _check_external_ids(company, asked, errors)
        errors.refuse()
        return _write(company, asked, correlation_id or new_correlation_id())


def _read(given: Any, row: int, errors: _Errors) -> _Asked:
    if not isinstance(given, Mapping):
        errors.append(RowError(row=row, code="invalid", message=_("A row is an object with fields.")))
        return _Asked(row=row, values={}, named={})
    named = clean(given, row, errors)
    return _Asked(row=row, values=dict(named), named=named)


def _find_categories(company: Company, asked: Sequence[_Asked], errors: _Errors, *, hold: bool) -> None:
    numbers = {one.named["time_category"] for one in asked if one.named.get("time_category") is not None}
    if hold:
        with connection.cursor() as cursor:
            cursor.execute(HOLD_CATEGORIES, [company.pk, sorted(numbers)])
    every = {one.number: one for one in TimeCategory.objects.filter(company=company, number__in=numbers)}
    refused = {(error.row, error.field) for error in errors}
    for one in asked:
        number = one.named.get("time_category")
        one.category = every.get(number) if number is not None else None
        if number is None and (one.row, "time_category") not in refused:
            errors.tell(one, "time_category", "required", _("The time category's number is missing."))
        elif number is not None and one.category is None:
            text = _("The company has no time category %(number)s. Make it first, or choose another.")
            errors.tell(one, "time_category", "unknown_category", text % {"number": number})


def _find(company: Company, asked: Sequence[_Asked], *, lock: bool) -> _Found:
    every = TimeTransaction.objects.filter(company=company)
    external_ids = {one.external_id for one in asked} - {""}
    of_external = list(
        every.filter(external_id__in=external_ids).exclude(external_id="").values_list("pk", "uid", "external_id")
        if external_ids
        else ()
    )
    uids = {uid for _pk, uid, _external_id in of_external} | {
        one.named["uid"] for one in asked if one.named.get("uid") is not None
    }
    keys = {pk for pk, _uid, _external_id in of_external}
    if uids:
        keys |= set(every.filter(uid__in=uids).values_list("pk", flat=True))
    found = _Found()
    if keys:
        rows = every.filter(pk__in=keys).order_by("pk")
        for row in rows.select_for_update() if lock else rows:
            found.by_key[row.uid, row.time_category_id] = row
            if row.external_id:
                found.by_external_id[row.external_id, row.time_category_id] = row
                lowest = found.uid_of_external_id.get(row.external_id, row.uid)
                found.uid_of_external_id[row.external_id] = min(lowest, row.uid)
    return found


def _match(asked: Sequence[_Asked], found: _Found, errors: _Errors, *, change_known_uids: bool) -> None:
    """Tell which known row each asked one is; and what each would make of it."""
    for one in asked:
        if one.category is None:
            continue
        uid, category = one.named.get("uid"), one.category
        known = found.by_external_id.get((one.external_id, category.pk)) if one.external_id else None
        if known is not None and uid not in (None, known.uid):
            text = _("The external id is that of registration %(uid)s. Leave the uid out, or give that one.")
            errors.tell(one, "uid", "conflict", text % {"uid": known.uid})
        if known is None and uid is not None:
            known = found.by_key.get((uid, category.pk))
            if known is not None and not change_known_uids:
                text = _("Registration %(uid)s has hours in category %(category)s already. Leave the uid out.")
                errors.tell(one, "uid", "already_exists", text % {"uid": uid, "category": category.number})
        one.known = known
        if known is not None:
            one.uid, one.values = known.uid, _as_it_will_be(one)


def _as_it_will_be(one: _Asked) -> dict[str, Any]:
    return {**{name: getattr(one.known, name) for name in WRITABLE}, **one.named}


def _judge(one: _Asked, errors: _Errors, *, may_add: bool, may_change: bool) -> None:
    if one.category is None or one.row in errors.rows:
        return
    complete(one.values, one.named, one.row, errors)
    if one.known is None:
        if not one.category.active:
            text = _("Time category %(number)s is not active. Choose another.")
            errors.tell(one, "time_category", "inactive_category", text % {"number": one.category.number})
        if not may_add:
            errors.tell(one, None, "permission_denied", _("You lack the right to register hours."))
    elif not may_change and _changes(one):
        errors.tell(one, None, "permission_denied", _("The hours are known, and you lack the right to change them."))


def _share_uids(asked: Sequence[_Asked], found: _Found, errors: _Errors) -> None:
    """Give each row the number of its registration as far as that is known, and find what is asked for twice."""
    of_group: dict[Hashable, int] = {}
    for one in asked:
        known = one.uid if one.uid is not None else one.named.get("uid")
        if known is not None:
            of_group.setdefault(one.group, known)
    for one in asked:
        if one.uid is None:
            one.uid = of_group.get(one.group)
        if one.uid is None and one.external_id in found.uid_of_external_id:
            one.uid = of_group.setdefault(one.group, found.uid_of_external_id[one.external_id])
    _find_twice(asked, found, errors)


def _give_uids(asked: Sequence[_Asked], series: NumberSeries) -> None:
    lacking = [one for one in asked if one.uid is None]
    groups = list(dict.fromkeys(one.group for one in lacking))
    uids = dict(zip(groups, next_uids(series, len(groups)), strict=True))
    for one in lacking:
        one.uid = uids[one.group]
    keep_highest(series, max((one.uid or 0 for one in asked), default=0))


def _find_twice(asked: Sequence[_Asked], found: _Found, errors: _Errors) -> None:
    first: dict[Hashable, int] = {}
    for one in asked:
        if one.category is None:
            continue
        if one.known is None and one.uid is not None and (one.uid, one.category.pk) in found.by_key:
            text = _("Registration %(uid)s has hours in category %(category)s already, with another external id.")
            errors.tell(one, "external_id", "conflict", text % {"uid": one.uid, "category": one.category.number})
        names: list[Hashable] = [(one.group if one.uid is None else one.uid, one.category.pk)]
        if one.external_id:
            names.append(("external_id", one.external_id, one.category.pk))
        for name in names:
            if first.setdefault(name, one.row) != one.row:
                text = _("The same registration and time category as row %(row)s. Leave one of them out.")
                errors.tell(one, "time_category", "duplicate", text % {"row": first[name] + 1})
                break


def _check_external_ids(company: Company, asked: Sequence[_Asked], errors: _Errors) -> None:
    wanted = defaultdict(set)
    for one in asked:
        if one.external_id and one.known is not None and one.external_id != one.known.external_id:
            wanted[one.external_id, one.known.time_category_id].add(one.row)
    if not wanted:
        return
    taken = set(
        TimeTransaction.objects.filter(company=company, external_id__in={external_id for external_id, _pk in wanted})
        .exclude(Q(external_id="") | Q(pk__in=[one.known.pk for one in asked if one.known]))
        .values_list("external_id", "time_category")
    )
    for name, rows in wanted.items():
        if name in taken or len(rows) > 1:
            for row in rows:
                errors.tell(asked[row], "external_id", "conflict", _("Other hours have this external id."))


def _changes(one: _Asked) -> bool:
    return any(getattr(one.known, name) != one.values[name] for name in WRITABLE)


def _write(
    company: Company, asked: Sequence[_Asked], correlation_id: str, *, is_preview: bool = False
) -> list[Registered]:
    outcomes = [_outcome_of(one) for one in asked]
    changed = {one.row: one for one, outcome in zip(asked, outcomes, strict=True) if outcome is Outcome.CHANGED}
    created = [one for one, outcome in zip(asked, outcomes, strict=True) if outcome is Outcome.CREATED]
    withdrawn = {
        row for row, one in changed.items() if any(getattr(one.known, f"approved_level_{of}") for of in LEVELS)
    }
    made: dict[tuple[int, int], int] = {}
    if not is_preview:
        with told_of_others():
            store_changed([(one.known, one.values) for one in changed.values() if one.known], correlation_id)
            new = [New(one.uid or 0, one.category, one.values) for one in created if one.category]
            made = store_created(company, new, correlation_id)
    return [
        Registered(
            outcome=outcome,
            pk=one.known.pk if one.known else made.get((one.uid or 0, one.category.pk if one.category else 0)),
            uid=one.uid,
            time_category=one.category.number if one.category else 0,
            approvals_withdrawn=one.row in withdrawn,
        )
        for one, outcome in zip(asked, outcomes, strict=True)
    ]


def _outcome_of(one: _Asked) -> Outcome:
    if one.known is None:
        return Outcome.CREATED
    return Outcome.CHANGED if _changes(one) else Outcome.UNCHANGED
