"""Vouchers by the services that everybody uses."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from ledger.models import Company, Voucher
from ledger.services.vouchers import Entry, Header, change_voucher, delete_voucher, post_voucher
from workcopies.documents.document import Document
from workcopies.documents.kinds import kind_of
from workcopies.landing.finding import Finder
from workcopies.landing.refusing import Refused
from workcopies.landing.values import values_of


def post(*, company: Company, document: Document, finder: Finder) -> Voucher:
    """Post a voucher that a copy made, with the next number of its series."""
    values = _header(document, finder)
    _year, series, _number = document.key[1:]
    return post_voucher(
        company=company,
        series=series,
        header=_as_header(values),
        entries=list(_entries(document, finder, known=frozenset())),
        reverses=values.get("reverses"),
    )


def change(*, voucher: Voucher, document: Document, theirs: Document, finder: Finder) -> Voucher:
    """Make a voucher as merged; what it reverses stays what it was."""
    document = _whole(document, theirs)
    values = _header(document, finder)
    if "reverses" in values and _pk(values["reverses"]) != voucher.reverses_id:
        raise Refused(
            _("Which voucher it reverses never changes. Delete it, and reverse the other one."), code="invalid"
        )
    entries = list(_entries(document, finder, known=frozenset(theirs.rows or ())))
    return change_voucher(voucher=voucher, header=_as_header(values), entries=entries)


def _whole(document: Document, theirs: Document) -> Document:
    """The voucher with what a copy that holds less of the registers doesn't know of it."""
    there = theirs.rows or {}
    rows = there if document.rows is None else {n: {**there.get(n, {}), **row} for n, row in document.rows.items()}
    return dataclasses.replace(document, fields={**theirs.fields, **document.fields}, rows=rows)


def delete(*, voucher: Voucher) -> None:
    """Delete a voucher and its rows."""
    delete_voucher(voucher=voucher)


def _header(document: Document, finder: Finder) -> dict[str, Any]:
    known = kind_of(Voucher).fields_by_name
    values = values_of(document.fields, known, company=document.company, finder=finder)
    if values.get("voucher_date") is None:
        raise Refused(_("The voucher has no date."), code="invalid")
    return values


def _as_header(values: dict[str, Any]) -> Header:
    texts = {name: values.get(name) or "" for name in ("text", "signature")}
    return Header(voucher_date=values["voucher_date"], registered_on=values.get("registered_on"), **texts)


def _entries(document: Document, finder: Finder, *, known: frozenset[int]) -> Iterator[Entry]:
    """Yield the rows in the order of their numbers; those that the server doesn't have get theirs from it."""
    contents = kind_of(Voucher).rows
    if contents is None:
        raise TypeError("Vouchers have rows.")
    for number, row in sorted((document.rows or {}).items()):
        values = values_of(row, contents.fields_by_name, company=document.company, finder=finder)
        for name in ("account", "amount"):
            if values.get(name) is None:
                text = _("Row %(row)s has no account or no amount.")
                raise Refused(text % {"row": number}, code="invalid")
        values |= {name: values.get(name) or "" for name in ("text", "signature")}
        yield Entry(row=number if number in known else None, **values)


def _pk(row: Any) -> int | None:
    return None if row is None else row.pk
