"""Everything that a subscription is missing, asked for at once."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from onetime_transfer import services
from onetime_transfer.models import Transfer
from onetime_transfer.walk import Walk
from revisions import fan_out
from subscriptions.models import Subscription


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """A type that must be transferred: of these companies, or without any of all that the subscription has."""

    information_type: InformationType
    companies: Sequence[Company]
    parameters: Mapping[str, str]
    company_count: int


@transaction.atomic
def request_missing(
    *,
    subscription: Subscription,
    types: Collection[InformationType] | None = None,
    user: User | None = None,
) -> list[Transfer]:
    """Ask for transfers of all that stands in a subscription's `resync`, one of each type, and return them.

    What an unfinished transfer brings already isn't asked for again.
    """
    fan_out.take_lock()  # nobody asks for the same at the same moment
    return [
        services.request_transfer(
            subscription=subscription,
            information_type=one.information_type,
            companies=one.companies,
            parameters=one.parameters,
            requested_by=user,
        )
        for one in wanted(subscription, types)
    ]


def wanted(subscription: Subscription, types: Collection[InformationType] | None = None) -> list[Wanted]:
    """What would be asked for, of all types or of some."""
    selected = set(subscription.selected_companies().values_list("pk", flat=True))
    found = []
    for information_type, missing in _missing(subscription, types).items():
        under_way = _under_way(subscription, information_type)
        lacking = {
            company for company, since in missing.items() if not any(one.brings(company, since) for one in under_way)
        }
        if lacking:
            companies = [] if lacking == selected else list(Company.objects.filter(pk__in=lacking).order_by("pk"))
            parameters = everything(information_type, lacking)
            found.append(
                Wanted(
                    information_type=information_type,
                    companies=companies,
                    parameters=parameters,
                    company_count=len(lacking),
                )
            )
    return found


def everything(information_type: InformationType, companies: Iterable[int]) -> dict[str, str]:
    """The parameters that leave nothing out: of those that are required, from the first row's day to the last's."""
    required = [parameter for parameter in information_type.parameters if parameter.required]
    if not required:
        return {}
    first, last = Walk(information_type, {}).span(required[0], companies=list(companies))
    today = timezone.localdate()
    ends = {"from": first or today, "to": last or today}
    return {parameter.name: _text(parameter.kind, ends) for parameter in required}


@dataclasses.dataclass(frozen=True)
class _UnderWay:
    """A transfer that leaves nothing out of its companies, and hasn't ended."""

    companies: frozenset[int]
    started_at: datetime | None

    def brings(self, company: int, since: datetime) -> bool:
        return company in self.companies and (self.started_at is None or since <= self.started_at)


def _missing(
    subscription: Subscription, types: Collection[InformationType] | None
) -> dict[InformationType, dict[int, datetime]]:
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    rows = subscription.resync.order_by("information_type")
    if types is not None:
        rows = rows.filter(information_type__in=[known.number for known in types])
    for number, company, since in rows.values_list("information_type", "company", "since"):
        found[number][company] = since
    return {registry.by_number(number): companies for number, companies in found.items()}


def _under_way(subscription: Subscription, information_type: InformationType) -> Sequence[_UnderWay]:
    unfinished = subscription.transfers.filter(
        information_type=information_type.number, status__in=Transfer.UNFINISHED
    ).select_related("subscription")
    return [
        _UnderWay(frozenset(companies), transfer.started_at)
        for transfer in unfinished
        if _is_everything(transfer, companies := services.companies_of(transfer))
    ]


def _is_everything(transfer: Transfer, companies: Sequence[int]) -> bool:
    whole = everything(transfer.type, companies)
    for name, value in transfer.parameters.items():
        if name not in whole and value:
            return False
        if (name.endswith("_from") and value > whole[name]) or (name.endswith("_to") and value < whole[name]):
            return False
    return True


def _text(kind: Any, ends: dict[str, date]) -> str:
    what, _under, end = kind.partition("_")
    day = ends[end]
    return day.strftime("%Y-%m") if what == "month" else day.isoformat()
