"""Columns that many lists have."""

from ledger.models import FinancialYear


def year_column(year: FinancialYear) -> str:
    """`2024` for a calendar year, `2024/2025` for one that is broken."""
    first, last = year.first_day.year, year.last_day.year
    return str(first) if first == last else f"{first}/{last}"
