"""How much a transfer would bring and how long it would take, told before it is asked for."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from psycopg.errors import QueryCanceled

from information_types.definition import InformationType
from ledger.models import Company
from onetime_transfer import parameters as transfer_parameters
from onetime_transfer.models import Transfer
from onetime_transfer.services import check_subscribed
from onetime_transfer.walk import Walk
from subscriptions.models import Subscription

# Counted up to here and no longer than this; beyond, the database's statistics say "about".
MOST_COUNTED = 200_000
MILLISECONDS = 700
FEW_COMPANIES = 12

# Until a transfer has been measured: what a small machine does.
FIRST_GUESS = 15_000.0
ROWS_THAT_MEASURE = 500
MEASURED = 5
SECONDS_TO_START = 1.0


@dataclasses.dataclass(frozen=True)
class Estimate:
    """`by_company` has the counts where all was counted and the companies are few."""

    rows: int
    is_about: bool
    seconds: int
    by_company: Sequence[tuple[Company, int]] = ()


def estimate(
    *,
    subscription: Subscription,
    information_type: InformationType,
    companies: Sequence[Company] = (),
    parameters: Mapping[str, Any] | None = None,
) -> Estimate:
    """What such a transfer would bring now; raises what `request_transfer` does."""
    check_subscribed(subscription, information_type, companies)
    walk = Walk(information_type, transfer_parameters.clean(information_type, parameters or {}))
    chosen = [company.pk for company in companies] or list(
        subscription.selected_companies().values_list("pk", flat=True)
    )
    counts = _count(walk, chosen)
    rows = sum(counts.values()) if counts is not None else MOST_COUNTED
    if counts is None or rows >= MOST_COUNTED:
        narrowed = (
            companies
            or subscription.office_id
            or subscription.negative_selection
            or subscription.subscribed_companies.exists()
        )
        planned = walk.planned(companies=chosen if narrowed else None)
        rows = _rounded(max(planned, rows if counts is not None else 0))
        return Estimate(rows, True, seconds_for(rows, information_type))
    few = _named(counts) if 1 < len(counts) <= FEW_COMPANIES else []
    return Estimate(rows, False, seconds_for(rows, information_type), few)


def planned_for(
    choices: Sequence[tuple[Subscription, InformationType, Sequence[Company], Mapping[str, Any]]],
) -> Estimate:
    """What several transfers would bring, from statistics alone."""
    rows, seconds = 0, 0
    for subscription, information_type, companies, parameters in choices:
        walk = Walk(information_type, transfer_parameters.clean(information_type, parameters))
        chosen = [company.pk for company in companies] or list(
            subscription.selected_companies().values_list("pk", flat=True)
        )
        found = walk.planned(companies=chosen)
        rows, seconds = rows + found, seconds + seconds_for(found, information_type)
    return Estimate(_rounded(rows), True, seconds)


def seconds_for(rows: int, information_type: InformationType) -> int:
    """How long that many rows take, by the rate of the last transfers of the type, or else of any."""
    return math.ceil(SECONDS_TO_START + rows / _rate(information_type))


def _rate(information_type: InformationType) -> float:
    measured = Transfer.objects.filter(
        status=Transfer.Status.DONE, rows_done__gte=ROWS_THAT_MEASURE, seconds_running__gt=0
    ).order_by("-id")
    for earlier in (measured.filter(information_type=information_type.number), measured):
        last = earlier.values("rows_done", "seconds_running")[:MEASURED]
        found = Transfer.objects.filter(pk__in=last.values("pk")).aggregate(
            rows=Sum("rows_done"), seconds=Sum("seconds_running")
        )
        if found["rows"]:
            return float(found["rows"] / found["seconds"])
    return FIRST_GUESS


def _count(walk: Walk, companies: Sequence[int]) -> dict[int, int] | None:
    """Count, or give up when it takes too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select current_setting('statement_timeout')")
            (before,) = cursor.fetchone()
            cursor.execute("select set_config('statement_timeout', %s, true)", [str(MILLISECONDS)])
            counts = walk.count_up_to(MOST_COUNTED, companies=companies)
            cursor.execute("select set_config('statement_timeout', %s, true)", [before])
            return counts
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def _named(counts: Mapping[int, int]) -> list[tuple[Company, int]]:
    companies = Company.objects.filter(pk__in=counts).order_by("number")
    return [(company, counts[company.pk]) for company in companies]


def _rounded(rows: int) -> int:
    """To two digits, as an estimate is read."""
    digits = max(len(str(rows)) - 2, 0)
    return int(round(rows, -digits))
