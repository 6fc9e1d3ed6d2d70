"""Posting vouchers: the one way that admin and REST take, and whose rules the SIE import keeps by bulk."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import (
    AlreadyReversed,
    BrokenAmount,
    BrokenQuantity,
    BrokenText,
    ForeignCompany,
    LedgerError,
    OutsideYear,
    PeriodLocked,
    Unbalanced,
    UnknownRow,
    refusal,
)
from ledger.models import Account, Company, DimensionValue, FinancialYear, LedgerEntry, Voucher
from ledger.services.checks import check_unused
from ledger.services.numbers import next_voucher_numbers
from ledger.services.values import check_value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
    """What a voucher says of itself. Source: SIE 4B §11 (#VER)."""

    voucher_date: date
    text: str = ""
    registered_on: date | None = None
    signature: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A row as asked for: debit positive, credit negative. `row` names an existing row; None makes a new one."""

    account: Account
    amount: Decimal
    row: int | None = None
    quantity: Decimal | None = None
    text: str = ""
    entry_date: date | None = None
    cost_centre: DimensionValue | None = None
    project: DimensionValue | None = None
    object: DimensionValue | None = None
    management_area: DimensionValue | None = None
    other_dimensions: dict[str, str] | None = None
    signature: str = ""


CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal("9999999999999999.99")
TEN_THOUSANDTH = Decimal("0.0001")
LARGEST_QUANTITY = Decimal("99999999999999.9999")
# Which of our dimensions a field of a row is about
DIMENSIONS = {
    "cost_centre": DimensionValue.Dimension.COST_CENTRE,
    "project": DimensionValue.Dimension.PROJECT,
    "object": DimensionValue.Dimension.OBJECT,
    "management_area": DimensionValue.Dimension.MANAGEMENT_AREA,
}
ENTRY_FIELDS = tuple(field.name for field in dataclasses.fields(Entry) if field.name != "row")


@contextmanager
def ledger_refusals() -> Iterator[None]:
    """Turn the database's refusals into the ledger's exceptions, those at commit included."""
    try:
        yield
    except DatabaseError as error:
        known = refusal(error)
        if known is None:
            raise
        raise known from error


def post_voucher(
    *, company: Company, series: str, header: Header, entries: Sequence[Entry], reverses: Voucher | None = None
) -> Voucher:
    """Post a balanced voucher in the year of its date, with the next number of its series.

    One that `reverses` another is best made by `ledger.services.reversals`.
    Raises `BrokenAmount`, `BrokenQuantity`, `BrokenText`, `Unbalanced`, `OutsideYear`, `PeriodLocked`,
    `ForeignCompany`, `AlreadyReversed`; then nothing is written.
    """
    _check_texts(header, entries, series=series)
    _check(company.pk, entries)
    with ledger_refusals(), transaction.atomic():
        if reverses is not None:
            _check_reversed(company, reverses)
        year = year_of(company=company, day=header.voucher_date)
        _check_open(year, header.voucher_date)
        (number,) = next_voucher_numbers(financial_year=year, series=series)
        voucher = Voucher(company=company, financial_year=year, series=series, number=number, last_row=len(entries))
        voucher.reverses = reverses
        _set_header(voucher, header)
        voucher.save(force_insert=True)
        LedgerEntry.objects.bulk_create(_row(voucher, entry, row) for row, entry in enumerate(entries, start=1))
    return voucher


def change_voucher(*, voucher: Voucher, header: Header, entries: Sequence[Entry]) -> Voucher:
    """Make a voucher as asked: rows named by `row` are changed, new ones added, rows left out deleted.

    Row numbers are given once and never used again. Raises what `post_voucher` does.
    """
    _check_texts(header, entries)
    _check(voucher.company_id, entries)
    with ledger_refusals(), transaction.atomic():
        # The voucher's lock first, then its rows: capture takes them in the same order, so nothing deadlocks.
        voucher = lock_voucher(voucher)
        _check_in_year(voucher.financial_year, header.voucher_date)
        _check_open(voucher.financial_year, voucher.voucher_date, header.voucher_date)
        _set_header(voucher, header)
        existing = {row.row: row for row in voucher.rows.all()}
        left_out = existing.keys() - _named(entries, existing)
        LedgerEntry.objects.filter(voucher=voucher, row__in=left_out).delete()
        _write(voucher, entries, existing)
    return voucher


def delete_voucher(*, voucher: Voucher) -> None:
    """Delete a voucher and its rows. Raises `PeriodLocked`, `InUse` where an invoice or a reversal refers to it."""
    with ledger_refusals(), transaction.atomic():
        voucher = lock_voucher(voucher)
        _check_open(voucher.financial_year, voucher.voucher_date)
        check_unused(voucher)
        voucher.delete()


def lock_voucher(voucher: Voucher) -> Voucher:
    """The voucher as it is, which nobody else changes before the transaction's end."""
    # Not its year, which everybody who posts in it shares.
    locked = Voucher.objects.select_for_update(no_key=True, of=("self",)).select_related("company", "financial_year")
    return locked.get(pk=voucher.pk)


def year_of(*, company: Company, day: date) -> FinancialYear:
    """The company's financial year that a day lies in; raises `OutsideYear`."""
    year = FinancialYear.objects.filter(company=company, first_day__lte=day, last_day__gte=day).first()
    if year is None:
        raise OutsideYear
    return year


def _check(company: int, entries: Sequence[Entry]) -> None:
    if not entries:
        raise LedgerError(_("A voucher needs rows."))
    if not all(_can_be_stored(entry.amount, LARGEST_AMOUNT, CENT) for entry in entries):
        raise BrokenAmount
    if not all(
        entry.quantity is None or _can_be_stored(entry.quantity, LARGEST_QUANTITY, TEN_THOUSANDTH) for entry in entries
    ):
        raise BrokenQuantity
    if difference := sum(entry.amount for entry in entries):
        raise Unbalanced(difference=difference)
    if not all(_is_of_company(company, entry) for entry in entries):
        raise ForeignCompany


def _can_be_stored(value: Decimal, largest: Decimal, smallest: Decimal) -> bool:
    # The database would round without a word.
    return value.is_finite() and abs(value) <= largest and value == value.quantize(smallest)


def _is_of_company(company: int, entry: Entry) -> bool:
    values = ((getattr(entry, name), dimension) for name, dimension in DIMENSIONS.items())
    return entry.account.company_id == company and all(
        value is None or (value.company_id == company and value.dimension == dimension) for value, dimension in values
    )


def _check_texts(header: Header, entries: Sequence[Entry], **named: str) -> None:
    for name, value in {**named, "text": header.text, "signature": header.signature}.items():
        _check_text(Voucher, name, value, told_at=name)
    for entry in entries:
        for name in ("text", "signature", "other_dimensions"):
            _check_text(LedgerEntry, name, getattr(entry, name), told_at="rows")


def _check_text(model: type[Model], name: str, value: Any, *, told_at: str) -> None:
    field: Any = model._meta.get_field(name)
    try:
        check_value(field, value)
    except ValidationError as error:
        raise BrokenText(f"{capfirst(field.verbose_name)}: {error.messages[0]}", field=told_at) from error


def _check_reversed(company: Company, voucher: Voucher) -> None:
    if voucher.company_id != company.pk:
        raise ForeignCompany
    if (reversal := lock_voucher(voucher).reversal) is not None:
        raise AlreadyReversed(reversal)


def _check_in_year(year: FinancialYear, day: date) -> None:
    if not year.first_day <= day <= year.last_day:
        raise OutsideYear(
            _("A voucher stays in its financial year (%(year)s). Delete it, and make another in the other year.")
            % {"year": year}
        )


def is_locked(year: FinancialYear, day: date) -> bool:
    """Whether vouchers of that day can't be written any more."""
    return year.locked_until is not None and day <= year.locked_until


def _check_open(year: FinancialYear, *days: date) -> None:
    if is_locked(year, min(days)):
        raise PeriodLocked


def _set_header(voucher: Voucher, header: Header) -> None:
    for field in dataclasses.fields(Header):
        setattr(voucher, field.name, getattr(header, field.name))


def _row(voucher: Voucher, entry: Entry, row: int) -> LedgerEntry:
    found = LedgerEntry(voucher=voucher, row=row)
    _set_row(found, entry, voucher)
    return found


def _set_row(row: LedgerEntry, entry: Entry, voucher: Voucher) -> None:
    for name in ENTRY_FIELDS:
        setattr(row, name, getattr(entry, name))
    row.entry_date = entry.entry_date or voucher.voucher_date
    row.other_dimensions = entry.other_dimensions or None


def _named(entries: Sequence[Entry], existing: dict[int, LedgerEntry]) -> set[int]:
    """The existing rows that are asked for; raises `UnknownRow`, or `LedgerError` for one named twice."""
    named = [entry.row for entry in entries if entry.row is not None]
    if unknown := set(named) - existing.keys():
        raise UnknownRow(min(unknown))
    if len(named) > len(set(named)):
        raise LedgerError(_("A row of the voucher is named twice."))
    return set(named)


def _write(voucher: Voucher, entries: Sequence[Entry], existing: dict[int, LedgerEntry]) -> None:
    # Rows that an import or another program wrote didn't move `last_row`. The header goes first, so that new rows are
    # captured with it.
    voucher.last_row = max([voucher.last_row, *existing])
    changed, new = [], []
    for entry in entries:
        if entry.row is None:
            voucher.last_row += 1
            new.append(_row(voucher, entry, voucher.last_row))
        else:
            row = existing[entry.row]
            before = _values(row)
            _set_row(row, entry, voucher)
            if _values(row) != before:
                changed.append(row)
    voucher.save()
    _write_over(changed)
    LedgerEntry.objects.bulk_create(new)


def _values(row: LedgerEntry) -> list[Any]:
    return [getattr(row, field.attname) for field in LedgerEntry._meta.concrete_fields]


def _write_over(rows: Sequence[LedgerEntry]) -> None:
    # An UPDATE with a case for every row and field would take minutes for thousands of rows.
    LedgerEntry.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["voucher", "row"], update_fields=ENTRY_FIELDS
    )
