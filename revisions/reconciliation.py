"""Reconciliation: what the register holds of a type by company and month, so that a copy can be proved equal.

Each row is a line of text, its key's parts and its amount; a line's number is the first eight bytes of its SHA-256; a
month's hash is the sum of its rows' numbers modulo 2^64. So it depends on no order, and may be kept up row by row.
The recipe in words, with test vectors: docs/reconciliation.md.

One statement, so one snapshot: the register, the last sequence queued, and what isn't acknowledged or not yet queued.
A copy that has taken in everything up to that sequence equals the register wherever nothing is unqueued.
"""

import dataclasses
import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import OperationalError, connection, models, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from information_types import sql
from information_types.definition import InformationType
from information_types.schema import MONTH_PATTERN
from revisions.exceptions import CannotReconcile
from subscriptions.models import Subscription

SEPARATOR, ESCAPE, NULL = "|", "\\", "\\N"
MOST_MONTHS = 120
MOST_LINES = 20_000
MILLISECONDS = 15_000
FIRST_MONTH, LAST_MONTH = "0001-01", "9999-12"
MONTH = re.compile(MONTH_PATTERN)

FIGURES = """
with head as materialized (
        select subscription.id, subscription.active, subscription.own_changes, subscription.application_id,
            queue.epoch, queue.last_sequence, statement_timestamp() as as_of
        from subscriptions_subscription subscription
        join revisions_queue queue on queue.subscription_id = subscription.id
        where subscription.id = %(subscription)s
    ),
    unqueued as materialized (
        select company_id, sum(row_count)::bigint as rows
        from revisions_changeset changed, head
        where not fanned_out and changed.id > coalesce((select floor from revisions_fanoutstate), 0)
          and information_type = %(type)s and company_id = any(%(companies)s)
          and (head.own_changes or changed.origin_id is distinct from head.application_id)
        group by company_id
    ),
    companies as materialized (
        select company.id, company.number,
            coalesce(queued.rows, 0) - coalesce(departed.rows, 0) as queued,
            coalesce(unqueued.rows, 0) as unqueued,
            missing.id is not null as resync
        from ledger_company company
        left join revisions_queuedcount queued on queued.company_id = company.id
            and queued.subscription_id = %(subscription)s and queued.information_type = %(type)s
        left join revisions_departedcount departed on departed.company_id = company.id
            and departed.subscription_id = %(subscription)s and departed.information_type = %(type)s
        left join subscriptions_resync missing on missing.company_id = company.id
            and missing.subscription_id = %(subscription)s and missing.information_type = %(type)s
        left join unqueued on unqueued.company_id = company.id
        where company.id = any(%(companies)s)
    ),
    register as (
        select {company_id} as company_id, {period} as period, {amount} as amount, {line} as line
        from {table} r
        {joins}
        where {company_id} = any(%(companies)s) and {conditions}
    ),
    sums as materialized (
        select company_id, period, count(*) as rows, {debit} as debit, {credit} as credit,
            sum(('x' || encode(substr(sha256(convert_to(line, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint) as numbers
        from register
        group by company_id, period
        limit %(most)s
    )
select head.epoch, head.last_sequence, head.active, head.as_of,
    companies.id, companies.number, companies.queued, companies.unqueued, companies.resync,
    sums.period, sums.rows, sums.debit, sums.credit, {hash} as hash
from head
left join companies on true
left join sums on sums.company_id = companies.id
order by companies.number, sums.period
"""

# The numbers are added as signed ones; `to_hex` shows a signed one as it stands modulo 2^64.
HASH = """
    lpad(to_hex((
        mod(mod(sums.numbers + 9223372036854775808, 18446744073709551616) + 18446744073709551616, 18446744073709551616)
        - 9223372036854775808)::bigint), 16, '0')"""

LIMIT = "select current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"
TOO_MUCH = _("This is too much at once. Ask for fewer months, or for one company at a time.")


@dataclasses.dataclass(frozen=True)
class Line:
    """What the register holds of a month, or of all where the type has no date; sums are null without amounts."""

    period: str | None
    rows: int
    debit: str | None
    credit: str | None
    hash: str


@dataclasses.dataclass(frozen=True)
class OfCompany:
    """A company's lines, and what may make a copy differ from them.

    `queued` rows aren't acknowledged, `unqueued` changed but aren't in the queue yet; with `resync` something was never
    queued and needs a one-off transfer.
    """

    company: str
    queued: int
    unqueued: int
    resync: bool
    periods: Sequence[Line]

    @property
    def is_settled(self) -> bool:
        """Whether a copy that acknowledges what it has stored must be equal."""
        return not (self.queued or self.unqueued or self.resync)


@dataclasses.dataclass(frozen=True)
class Figures:
    """What the register held at one moment; `sequence` is the last that was queued then."""

    epoch: int
    sequence: int
    active: bool
    as_of: datetime
    companies: Sequence[OfCompany]


@dataclasses.dataclass(frozen=True)
class Period:
    """First and last month (`YYYY-MM`), both included; None where it is open."""

    first: str | None = None
    last: str | None = None

    def includes(self, month: str | None) -> bool:
        """Whether a month is of the period; what has none is of any."""
        return month is None or (self.first or "") <= month <= (self.last or LAST_MONTH)

    def check(self, information_type: InformationType) -> None:
        """Raise `CannotReconcile` for months that the type hasn't, that end before they start, or are too many."""
        named = {"period_from": self.first, "period_to": self.last}
        for field, month in named.items():
            if month is not None and not is_month(month):
                raise CannotReconcile(_("A month has the form YYYY-MM."), code="invalid", field=field)
            if month is not None and information_type.date is None:
                raise CannotReconcile(_("This type has no periods."), code="no_periods", field=field)
        if self.first is None or self.last is None:
            return
        if self.last < self.first:
            raise CannotReconcile(_("The end comes before the start."), code="invalid", field="period_to")
        if _months(self.last) - _months(self.first) >= MOST_MONTHS:
            text = _("At most %(count)s months at once.") % {"count": MOST_MONTHS}
            raise CannotReconcile(text, code="too_much", field="period_to")


def figures(
    *,
    subscription: Subscription,
    information_type: InformationType,
    companies: Sequence[int],
    period: Period,
) -> Figures:
    """What the register holds of a type in some companies (ids), as one snapshot; raises `CannotReconcile`."""
    check_type(subscription, information_type)
    period.check(information_type)
    query, parameters = statement(information_type, period)
    parameters |= {"subscription": subscription.pk, "companies": list(companies)}
    with _limited(), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found = cursor.fetchall()
    if not found:
        raise Subscription.DoesNotExist
    if len(found) > MOST_LINES:
        raise CannotReconcile(TOO_MUCH, code="too_much", field="company")
    epoch, sequence, active, as_of = found[0][:4]
    return Figures(epoch, sequence, active, as_of, list(_of_companies(found)))


def check_type(subscription: Subscription, information_type: InformationType) -> None:
    """Raise `CannotReconcile` for a type that the subscription isn't of."""
    if information_type not in subscription.information_types:
        text = _("The subscription doesn't have this information type.")
        raise CannotReconcile(text, code="not_subscribed", field="information_type")


def check_selected(companies: Collection[int], selected: Collection[int]) -> None:
    """Raise `CannotReconcile` for a company (id) that the subscription isn't of."""
    if not set(companies) <= set(selected):
        raise CannotReconcile(_("The company isn't in the subscription."), code="not_subscribed", field="company")


def statement(information_type: InformationType, period: Period) -> tuple[str, dict[str, Any]]:
    """The statement for a type and some months, and the parameters that are of them."""
    joins = sql.Joins(information_type.model)
    company_id, _field, _nullable = joins.column(information_type.company_path)
    amount = _amount(joins, information_type)
    day, conditions, parameters = _months_of(joins, information_type, period)
    query = FIGURES.format(
        company_id=company_id,
        period=f"to_char({day}::timestamp, 'YYYY-MM')" if day else "null::text",
        amount=amount.column,
        line=_line(joins, information_type),
        debit=amount.sum_of("amount > 0"),
        credit=amount.sum_of("amount < 0"),
        hash=HASH,
        table=information_type.model._meta.db_table,
        joins=joins,
        conditions=" and ".join([sql.chosen(information_type), *conditions]),
    )
    return query, {**parameters, "type": information_type.number, "most": MOST_LINES + 1}


def _line(joins: sql.Joins, information_type: InformationType) -> str:
    names = [field.name for field in information_type.key_fields]
    names += [information_type.amount] if information_type.amount else []
    parts = [_part(joins, information_type, name) for name in names]
    return f" || '{SEPARATOR}' || ".join(parts)


def _part(joins: sql.Joins, information_type: InformationType, name: str) -> str:
    """One value as the line has it: as text, the separator and the escape escaped, null told from every text."""
    value = sql.shown_value(joins, information_type, name)
    column, field, may_miss = joins.column(information_type.fields_by_name[name].path)
    match field:
        case models.DateField() if not isinstance(field, models.DateTimeField):
            text = f"to_char({column}::timestamp, 'YYYY-MM-DD')"
        case models.CharField() | models.TextField():
            escaped = f"replace({value}, '{ESCAPE}', '{ESCAPE * 2}')"
            text = f"replace({escaped}, '{SEPARATOR}', '{ESCAPE}{SEPARATOR}')"
        case models.DecimalField() | models.IntegerField():
            text = f"({value})::text"
        case _:
            raise TypeError(f"{name}: nothing says how a {type(field).__name__} stands in a line.")
    may_be_null = may_miss or field.null or name not in information_type.key
    return f"coalesce({text}, '{NULL}')" if may_be_null else text


@dataclasses.dataclass(frozen=True)
class _Amount:
    column: str
    places: int | None

    def sum_of(self, condition: str) -> str:
        """The sum of some amounts with its decimals, null where the type has none."""
        if self.places is None:
            return "null::text"
        return f"round(coalesce(sum(amount) filter (where {condition}), 0), {self.places})::text"


def _amount(joins: sql.Joins, information_type: InformationType) -> _Amount:
    if information_type.amount is None:
        return _Amount("null::numeric", None)
    column, field, _nullable = joins.column(information_type.fields_by_name[information_type.amount].path)
    if not isinstance(field, models.DecimalField):
        raise TypeError(f"{information_type.name}: {information_type.amount} is no amount.")
    return _Amount(column, field.decimal_places)


def _months_of(
    joins: sql.Joins, information_type: InformationType, period: Period
) -> tuple[str | None, list[str], dict[str, date]]:
    """The column of the date, and what chooses the months by it."""
    if information_type.date is None:
        return None, [], {}
    column, _field, _nullable = joins.column(information_type.fields_by_name[information_type.date].path)
    conditions, parameters = [], {}
    if period.first:
        conditions.append(f"{column} >= %(first)s")
        parameters["first"] = _first_day(_months(period.first))
    if period.last and period.last < LAST_MONTH:
        conditions.append(f"{column} < %(beyond)s")
        parameters["beyond"] = _first_day(_months(period.last) + 1)
    return column, conditions, parameters


def is_month(text: str) -> bool:
    """Whether a text is a month (`YYYY-MM`)."""
    return MONTH.fullmatch(text) is not None and text >= FIRST_MONTH


def days_of(month: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = _first_day(_months(month))
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _months(month: str) -> int:
    year, _separator, number = month.partition("-")
    return int(year) * 12 + int(number) - 1


def _first_day(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)


@contextmanager
def _limited() -> Iterator[None]:
    """Give up after a while, as too much."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMIT, [str(MILLISECONDS)])
            before, _now = cursor.fetchone()
            yield
            cursor.execute(LIMIT, [before])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise CannotReconcile(TOO_MUCH, code="too_much", field="period_from") from error
        raise


def _of_companies(found: Sequence[tuple[Any, ...]]) -> Iterator[OfCompany]:
    for pk, rows in groupby(found, key=itemgetter(4)):
        if pk is not None:
            of_company = list(rows)
            number, queued, unqueued, resync = of_company[0][5:9]
            lines = [Line(*row[9:]) for row in of_company if row[10] is not None]
            yield OfCompany(number, queued, unqueued, resync, lines)


def recipe(information_type: InformationType) -> Mapping[str, Any]:
    """What a line of the type is made of, by the names of `data`, and which field has its month."""
    return {
        "key": [field.name for field in information_type.key_fields],
        "amount": information_type.amount,
        "date": information_type.date,
    }
