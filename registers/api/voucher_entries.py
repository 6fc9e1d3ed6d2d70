"""Rows of a body turned into what the posting service takes: accounts and dimension values, found all at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

from ledger.models import Account, Company, DimensionValue, LedgerEntry, OtherDimension
from ledger.services.vouchers import Entry

Row = Mapping[str, Any]
Dimension = DimensionValue.Dimension

DIMENSIONS: Mapping[str, Dimension] = {one.name.lower(): one for one in Dimension}
# Cost centres and projects. Source: SIE 4B §11 (#DIM)
OURS: Mapping[str, str] = {"1": "cost_centre", "6": "project"}


class References:
    """What the rows of a voucher refer to, of its company."""

    def __init__(self, company: Company, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._accounts = _accounts(company, rows)
        self._values = _dimension_values(company, rows)
        self._mapped = _mapped(company, rows)

    def entries(self, existing: Mapping[int, LedgerEntry] | None = None) -> list[Entry]:
        """Return the rows as the service takes them; what one doesn't name stays as in the `existing` row.

        Raises ValidationError with all that isn't there, each at its place.
        """
        wrong: Any = {place: errors for place, row in enumerate(self._rows) if (errors := dict(self._missing(row)))}
        if wrong:
            raise ValidationError({"rows": wrong})
        known = existing or {}
        return [self._entry(row, known.get(row.get("row") or 0)) for row in self._rows]

    def _missing(self, row: Row) -> Iterator[tuple[str, list[ErrorDetail]]]:
        if row["account"] not in self._accounts:
            yield "account", _unknown(_("The company has no account %(number)s.") % {"number": row["account"]})
        for name, dimension in DIMENSIONS.items():
            if row[name] is not None and (dimension, row[name]) not in self._values:
                told = {"dimension": dimension.label, "code": row[name]}
                yield name, _unknown(_("The company has no %(dimension)s with code %(code)s.") % told)
        strange = [number for number in row["other_dimensions"] or () if number in self._mapped]
        if strange:
            told = {"number": strange[0], "name": self._mapped[strange[0]]}
            detail = _("Dimension %(number)s is not a further one: give its code as %(name)s.") % told
            yield "other_dimensions", [ErrorDetail(detail, code="not_a_further_dimension")]

    def _entry(self, row: Row, existing: LedgerEntry | None) -> Entry:
        return Entry(
            row=row.get("row"),
            account=self._accounts[row["account"]],
            amount=row["amount"],
            quantity=row["quantity"],
            text=row.get("text") or "",
            entry_date=row.get("entry_date", existing.entry_date if existing else None),
            signature=row.get("signature", existing.signature if existing else "") or "",
            other_dimensions=row["other_dimensions"],
            **{
                name: None if row[name] is None else self._values[dimension, row[name]]
                for name, dimension in DIMENSIONS.items()
            },
        )


def _unknown(detail: str) -> list[ErrorDetail]:
    return [ErrorDetail(detail, code="does_not_exist")]


def _accounts(company: Company, rows: Sequence[Row]) -> dict[str, Account]:
    numbers = {row["account"] for row in rows}
    return {account.number: account for account in Account.objects.filter(company=company, number__in=numbers)}


def _dimension_values(company: Company, rows: Sequence[Row]) -> dict[tuple[int, str], DimensionValue]:
    asked = Q()
    for name, dimension in DIMENSIONS.items():
        if codes := {row[name] for row in rows if row[name] is not None}:
            asked |= Q(dimension=dimension, code__in=codes)
    if not asked:
        return {}
    values = DimensionValue.objects.filter(asked, company=company)
    return {(value.dimension, value.code): value for value in values}


def _mapped(company: Company, rows: Sequence[Row]) -> dict[str, str]:
    """The numbers of SIE dimensions that are one of the four, and which."""
    numbers = {number for row in rows for number in row["other_dimensions"] or ()}
    if not numbers:
        return {}
    mapped = OtherDimension.objects.filter(company=company, number__in=map(int, numbers), dimension__isnull=False)
    return {**OURS, **{str(one.number): Dimension(one.dimension or 0).name.lower() for one in mapped}}
