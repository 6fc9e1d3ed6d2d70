"""The financial years of a file, which states only the days that it is about, and the days of its vouchers."""

import datetime as dt
from collections.abc import Sequence

from ledger.importing.messages import message as _
from ledger.importing.records import Year
from ledger.importing.remarks import Remarks
from ledger.models import Company, FinancialYear
from ledger.saft.reading import last_day_of, month_of
from ledger.saft.records import Selection, Transaction


def years_of(company: Company, selection: Selection) -> list[Year]:
    """The years that a selection touches: the company's own, the selection itself where it is a year, calendar years.

    The last is number 0, the one before -1.
    """
    spans: list[tuple[dt.date, dt.date]] = []
    day = selection.first_day
    while day <= selection.last_day:
        span = _span(company, selection, day)
        spans.append(span)
        day = span[1] + dt.timedelta(days=1)
    return [
        Year(selection.line, number - len(spans) + 1, first_day, last_day)
        for number, (first_day, last_day) in enumerate(spans)
    ]


def _span(company: Company, selection: Selection, day: dt.date) -> tuple[dt.date, dt.date]:
    known = FinancialYear.objects.filter(company=company, first_day__lte=day, last_day__gte=day).first()
    if known is not None:
        return known.first_day, known.last_day
    if selection.last_day + dt.timedelta(days=1) == _a_year_after(selection.first_day):
        return selection.first_day, selection.last_day
    return dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)


def _a_year_after(day: dt.date) -> dt.date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else dt.date(day.year + 1, 3, 1)


def voucher_date(transaction: Transaction, years: Sequence[Year], remarks: Remarks) -> dt.date:
    """The day that a voucher is booked on: its own, or the nearest of its period where that is in no year of the file.

    A document's date may lie before the year that it is booked in; its rows keep that date.
    """
    start = transaction.start
    day = start.voucher_date
    if not years or years[0].first_day <= day <= years[-1].last_day:
        return day
    is_early = day < years[0].first_day
    year = years[0] if is_early else years[-1]
    remarks.add(
        start.line,
        _(
            "A transaction's date is outside the financial years of the file (%(first)s–%(last)s): it is booked in its "
            "period, and its rows keep the date. If the company's year isn't the calendar year, make the year first."
        )
        % {"first": years[0].first_day, "last": years[-1].last_day},
    )
    if transaction.period is None:
        return year.first_day if is_early else year.last_day
    return _in_period(year, month_of(transaction.period), is_early=is_early)


def _in_period(year: Year, period: int, *, is_early: bool) -> dt.date:
    months = year.first_day.year * 12 + year.first_day.month - 1 + period - 1
    in_year, month = months // 12, months % 12 + 1
    day = dt.date(in_year, month, 1) if is_early else last_day_of(in_year, month)
    return min(max(day, year.first_day), year.last_day)
