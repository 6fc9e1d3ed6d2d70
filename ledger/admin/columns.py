"""Columns that many lists have."""

from django.utils.html import format_html

from ledger.models import Company, FinancialYear


def company_column(company: Company) -> str:
    """A company, cut off where the column ends; whole when pointed at."""
    return format_html('<span class="cut" title="{}">{}</span>', company, company)


def year_column(year: FinancialYear) -> str:
    """`2024` for a calendar year, `2024/2025` for one that is broken."""
    first, last = year.first_day.year, year.last_day.year
    return str(first) if first == last else f"{first}/{last}"
