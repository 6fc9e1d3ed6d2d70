"""Where rows are now that had other addresses in the lost database: vouchers, invoices and hours get the next number.

A write that names such a row means the row, not whatever has its number today.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from uuid import UUID

from django.utils.translation import gettext as _

from journal.lost import Given
from journal.services import Asked

EMPTY = "~"  # how an address writes an empty part
REGISTERS = ("", "api", "v1")
VOUCHERS, INVOICES, HOURS = "vouchers", "supplier-invoices", "time-transactions"
MARKS = "setExternalStatusCode"
NAME = ("financial_year", "series", "number")
VOUCHER_PARTS = 5

Place = tuple[str, ...]


class RowNotHere(Exception):
    """A write is of a row whose own write wasn't taken in."""

    def __init__(self, place: Place) -> None:
        super().__init__(_("It is about %(row)s, which was lost and isn't taken in.") % {"row": " ".join(place)})


class Places:
    """Who has which address, as it was at each moment, and where that is now."""

    def __init__(self, given: Sequence[Given], now: Mapping[UUID, Sequence[str]]) -> None:
        self._coming = iter(sorted(given, key=lambda one: one.at))
        self._next = next(self._coming, None)
        self._now = dict(now)
        self._holder: dict[Place, tuple[UUID, int]] = {}
        self._hours: dict[Place, Place] = {}

    def go_to(self, moment: datetime) -> None:
        """Let pass what was given until then."""
        while self._next is not None and self._next.at <= moment:
            for index, address in enumerate(self._next.gave):
                place = place_of(address)
                self._holder[place] = self._next.uid, index
                if place[0] == HOURS:
                    self._hours[place[1:3]] = place
            self._next = next(self._coming, None)

    def move(self, uid: UUID, gave: Sequence[str]) -> None:
        """A write is taken in, and its rows are there."""
        self._now[uid] = gave

    def is_of_lost(self, address: str) -> bool:
        """Whether an address names a row that was made by a lost write."""
        return any(place in self._holder for place in _upwards(place_of(address)))

    def now(self, place: Place) -> Place:
        """Where a row is. Raises `RowNotHere`."""
        if place not in self._holder:
            return place
        uid, index = self._holder[place]
        if uid not in self._now:
            raise RowNotHere(place)
        gave = self._now[uid]
        return place_of(gave[index]) if index < len(gave) else place

    def hours_now(self, company: str, uid: Any) -> Any:
        """The uid of hours. Raises `RowNotHere`."""
        place = self._hours.get((company, str(uid)))
        return uid if place is None else int(self.now(place)[2])


def redirected(asked: Asked, places: Places) -> Asked:
    """Return a write with the names that its rows have now. Raises `RowNotHere`."""
    path, _mark, query = asked.path.partition("?")
    headers = dict(asked.headers)
    if places.is_of_lost(path):
        # It was the state of a row that was made anew.
        headers.pop("If-Match", None)
    for place in _upwards(place_of(path)):
        now = places.now(place)
        if now != place:
            rest = place_of(path)[len(place) :]
            path = address_of((*now, *rest))
            break
    body = _redirected_body(path, query, asked.body, places)
    return replace(asked, path=f"{path}?{query}" if query else path, headers=headers, body=body)


def place_of(address: str) -> Place:
    """Return the register and the parts of the key that an address names."""
    parts = tuple("" if part == EMPTY else unquote(part) for part in address.split("/"))
    return parts[len(REGISTERS) :] if parts[: len(REGISTERS)] == REGISTERS else parts[1:]


def address_of(place: Place) -> str:
    """Return the address of a place in a register."""
    return "/".join([*REGISTERS, *("%7E" if part == EMPTY else quote(part, safe="") or EMPTY for part in place)])


def _upwards(place: Place) -> Iterator[Place]:
    """A place and those that it is below: what is done with a row has the row's address and a verb."""
    for length in range(len(place), 1, -1):
        yield place[:length]


def _redirected_body(path: str, query: str, body: bytes, places: Places) -> bytes:
    names = {VOUCHERS, INVOICES, HOURS, MARKS}.intersection(place_of(path))
    if not names:
        return body
    try:
        said = json.loads(body)
    except ValueError:
        return body  # an invoice as XML names no row of ours
    before = json.dumps(said)
    if VOUCHERS in names:
        _redirect_voucher_body(said, place_of(path), places)
    elif INVOICES in names:
        _redirect_voucher(said, query, places)
    elif HOURS in names:
        _redirect_hours(said if isinstance(said, list) else [said], places)
    else:
        _redirect_marks(said, places)
    return body if json.dumps(said) == before else json.dumps(said).encode()


def _redirect_voucher_body(said: Any, now: Place, places: Places) -> None:
    """What was read of a voucher comes back whole when it is replaced: its own name, and that of its reversal."""
    if not isinstance(said, dict) or len(now) != VOUCHER_PARTS:
        return
    _register, company, year, series, number = now
    said |= {name: value for name, value in zip(NAME, (year, series, number), strict=True) if said.get(name)}
    for other in ("reverses", "reversed_by"):
        if isinstance(said.get(other), dict):
            place = places.now((VOUCHERS, company, *(said[other][name] for name in NAME)))
            said[other] |= dict(zip(NAME, place[2:], strict=True))


def _redirect_voucher(said: dict[str, Any], query: str, places: Places) -> None:
    voucher = said.get("voucher")
    if not voucher:
        return
    company = said.get("company") or parse_qs(query)["company"][0]
    place = places.now((VOUCHERS, company, *(voucher[name] for name in NAME)))
    voucher |= dict(zip(NAME, place[2:], strict=True))


def _redirect_hours(rows: Sequence[dict[str, Any]], places: Places) -> None:
    for row in rows:
        if row.get("uid") is not None:
            row["uid"] = places.hours_now(row["company"], row["uid"])


def _redirect_marks(said: dict[str, Any], places: Places) -> None:
    for mark in said["transactions"]:
        now = places.hours_now(str(said["clientId"]), mark["uid"])
        state = mark.get("recordStateKey")
        if state and now != mark["uid"]:
            mark["recordStateKey"] = f"{now}_{state.partition('_')[2]}"
        mark["uid"] = now
