"""Running numbers without gaps: given under a row lock, within the transaction that uses them."""

from django.db import connection
from django.db.models import BigIntegerField, Max
from django.db.models.functions import Cast

from information_types import registry
from ledger.models import Company, FinancialYear, NumberSeries, Voucher, VoucherSeries

HIGHEST_NUMBER = """
    select coalesce(max(number::bigint), 0) from ledger_voucher
    where financial_year_id = %s and series = %s and number ~ '^[0-9]{1,18}$'
"""


def next_voucher_numbers(*, financial_year: FinancialYear, series: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a series in a year; gapless, since a rollback gives them back.

    Numbers that were written past this service (raw SQL, an import) are counted on from.
    """
    VoucherSeries.objects.get_or_create(financial_year=financial_year, series=series)
    counter = VoucherSeries.objects.select_for_update().get(financial_year=financial_year, series=series)
    last = counter.last_number
    if last == 0 or _taken(financial_year, series, range(last + 1, last + count + 1)):
        last = max(last, _highest_number(financial_year, series))
    counter.last_number = last + count
    counter.save(update_fields=["last_number"])
    return [str(number) for number in range(last + 1, last + count + 1)]


def next_number(*, company: Company, register: str) -> str:
    """The next running number of a company's register of invoices or payments (an information type's name).

    Numbers that were written past this service are counted on from.
    """
    NumberSeries.objects.get_or_create(company=company, register=register)
    counter = NumberSeries.objects.select_for_update().get(company=company, register=register)
    counter.last_number += 1
    rows = registry.get(register).model._default_manager.filter(company=company)
    if rows.filter(number=str(counter.last_number)).exists():
        whole = rows.filter(number__regex="^[0-9]{1,18}$").annotate(value=Cast("number", BigIntegerField()))
        counter.last_number = whole.aggregate(highest=Max("value"))["highest"] + 1
    counter.save(update_fields=["last_number"])
    return str(counter.last_number)


def _taken(financial_year: FinancialYear, series: str, numbers: range) -> bool:
    wanted = [str(number) for number in numbers]
    return Voucher.objects.filter(financial_year=financial_year, series=series, number__in=wanted).exists()


def _highest_number(financial_year: FinancialYear, series: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(HIGHEST_NUMBER, [financial_year.pk, series])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
