"""Running numbers without gaps: given under a row lock, within the transaction that uses them.

In a working copy (`UTKORG_WORKING_COPY`) they are provisional, "P1", "P2" …: never the server's, which are given when
the copy is checked in. A number is never given twice, even if its row is deleted.
"""

import re
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Max, QuerySet
from django.db.models.functions import Cast, Substr

from information_types import registry
from ledger.models import Company, FinancialYear, NumberSeries, Voucher, VoucherSeries

PROVISIONAL = "P"
Counter = NumberSeries | VoucherSeries


def next_voucher_numbers(*, financial_year: FinancialYear, series: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a series in a year; gapless, since a rollback gives them back.

    Numbers that were written past this service (raw SQL, an import) are counted on from.
    """
    VoucherSeries.objects.get_or_create(financial_year=financial_year, series=series)
    counter = VoucherSeries.objects.select_for_update().get(financial_year=financial_year, series=series)
    return _next(counter, Voucher.objects.filter(financial_year=financial_year, series=series), count)


def next_number(*, company: Company, register: str) -> str:
    """The next running number of a company's register of invoices or payments (an information type's name).

    Numbers that were written past this service are counted on from.
    """
    counters = NumberSeries.objects.select_for_update().filter(company=company, register=register)
    counter = counters.first()
    if counter is None:
        NumberSeries.objects.get_or_create(company=company, register=register)
        counter = counters.get()
    rows = registry.get(register).model._default_manager.filter(company=company)
    return _next(counter, rows, 1)[0]


def is_provisional(number: str) -> bool:
    """Whether a number was given in a working copy."""
    return re.fullmatch(f"{PROVISIONAL}[0-9]+", number) is not None


def _next(counter: Counter, rows: QuerySet[Any], count: int) -> list[str]:
    last = counter.last_number
    if last == 0 or rows.filter(number__in=_named(last, count)).exists():
        last = max(last, _highest(rows))
    counter.last_number = last + count
    counter.save(update_fields=["last_number"])
    return _named(last, count)


def _named(last: int, count: int) -> list[str]:
    return [f"{_prefix()}{number}" for number in range(last + 1, last + count + 1)]


def _highest(rows: QuerySet[Any]) -> int:
    whole = rows.filter(number__regex=f"^{_prefix()}[0-9]{{1,18}}$")
    value = Cast(Substr("number", len(_prefix()) + 1), BigIntegerField())
    return whole.aggregate(highest=Max(value))["highest"] or 0


def _prefix() -> str:
    return PROVISIONAL if settings.UTKORG_WORKING_COPY else ""
