"""About how many rows a working copy would have, told before it is asked for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from psycopg.errors import QueryCanceled

from access.belonging import rows_of
from ledger.models import Company, LedgerEntry, Voucher
from workcopies.file.tables import all_tables

# Counted up to here in each register and no longer than this; beyond, the database's statistics say "about".
MOST_COUNTED = 200_000
MILLISECONDS = 500
YEAR_OF = {Voucher: "financial_year", LedgerEntry: "voucher__financial_year"}


@dataclass(frozen=True)
class Estimate:
    """How many rows, exactly or about."""

    rows: int
    is_about: bool


def estimate(*, companies: Sequence[Company], years: Mapping[str, Sequence[date]]) -> Estimate:
    """The rows of the companies' registers; of vouchers those of the years."""
    parts = [rows.order_by().values("pk") for rows in _registers(companies, years)]
    counts = _counted(parts)
    if counts is not None and max(counts, default=0) <= MOST_COUNTED:
        return Estimate(sum(counts), is_about=False)
    return Estimate(_rounded(sum(_planned(part) for part in parts)), is_about=True)


def _registers(companies: Sequence[Company], years: Mapping[str, Sequence[date]]) -> Iterator[QuerySet]:  # type: ignore[type-arg]
    some = Company.objects.filter(pk__in=[company.pk for company in companies])
    for table in all_tables():
        rows = table.model._default_manager.filter(rows_of(table.model, some))
        year = YEAR_OF.get(table.model)
        if year and years:
            chosen = Q()
            for number, days in years.items():
                chosen |= Q(**{f"{year}__company__number": number, f"{year}__first_day__in": days})
            rows = rows.filter(chosen)
        yield rows


def _counted(parts: Sequence[QuerySet]) -> list[int] | None:  # type: ignore[type-arg]
    """Count each, or give up when it takes too long."""
    counting: list[str] = []
    values: list[Any] = []
    for part in parts:
        sql, given = part[: MOST_COUNTED + 1].query.sql_with_params()
        counting.append(f"select count(*) from ({sql}) rows")
        values += given
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [str(MILLISECONDS)])
            cursor.execute(" union all ".join(counting), values)
            counts = [count for (count,) in cursor.fetchall()]
            cursor.execute("select set_config('statement_timeout', '0', true)")
            return counts
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def _planned(part: QuerySet) -> int:  # type: ignore[type-arg]
    sql, given = part.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {sql}", given)
        (found,) = cursor.fetchone()
    plan = json.loads(found) if isinstance(found, str) else found
    return int(plan[0]["Plan"]["Plan Rows"])


def _rounded(rows: int) -> int:
    """To two digits, as an estimate is read."""
    return int(round(rows, -max(len(str(rows)) - 2, 0)))
