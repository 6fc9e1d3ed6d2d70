"""Lockout: wrong passwords and codes are counted by name and address, and by address."""

from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone

from history.models import Change
from history.services import note_event


class LockoutHandler(AxesDatabaseHandler):
    """The library's, with a limit of its own for an address: behind one there may be an office full of people."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """How many count: those of the name from the address, or as many as lock out where the address is over."""
        own, of_address = (_failures(attempts) for attempts in self.get_user_attempts(request, credentials))
        is_over = of_address >= settings.UTKORG_SIGN_IN_ADDRESS_ATTEMPTS
        return max(own, settings.UTKORG_SIGN_IN_ATTEMPTS if is_over else 0)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Forget those of who has signed in, not those of everybody at the address."""
        own, _of_address = self.filter_user_attempts(request, credentials)
        return int(own.delete()[0])


def locked_until(*, user_name: str | None, address: str | None) -> datetime | None:
    """When a name may be tried again from an address; None where it may now."""
    counted = counting().filter(ip_address=address)
    own = counted.filter(username=user_name)
    ends = [
        _last(attempts) + lasts()
        for attempts, limit in (
            (own, settings.UTKORG_SIGN_IN_ATTEMPTS),
            (counted, settings.UTKORG_SIGN_IN_ADDRESS_ATTEMPTS),
        )
        if _failures(attempts) >= limit
    ]
    return max(ends, default=None)


def counting() -> "QuerySet[AccessAttempt]":
    """The failures that count now."""
    found: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(attempt_time__gte=timezone.now() - lasts())
    return found


def with_totals(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Rows with what counts now of their name from their address, and of the whole address."""
    at_address = counting().filter(ip_address=OuterRef("ip_address"))
    found: QuerySet[Any] = rows.annotate(
        own_failures=_sum(at_address.filter(username=OuterRef("username"))), address_failures=_sum(at_address)
    )
    return found


def _sum(attempts: "QuerySet[AccessAttempt]") -> Coalesce:
    grouped = attempts.order_by().values("ip_address").annotate(total=Sum("failures_since_start"))
    return Coalesce(Subquery(grouped.values("total")), 0)


def is_locked(*, own_failures: int, address_failures: int) -> bool:
    """Whether so many lock out."""
    return (
        own_failures >= settings.UTKORG_SIGN_IN_ATTEMPTS or address_failures >= settings.UTKORG_SIGN_IN_ADDRESS_ATTEMPTS
    )


def lasts() -> timedelta:
    """How long failures count, and so how long a lockout lasts."""
    return timedelta(minutes=settings.UTKORG_SIGN_IN_LOCKOUT_MINUTES)


@transaction.atomic
def unlock(*, user_name: str | None, address: str | None) -> int:
    """Forget the failures of a name from an address, and of the whole address where that is what is locked."""
    of_address = AccessAttempt.objects.filter(ip_address=address)
    is_over = _failures(counting().filter(ip_address=address)) >= settings.UTKORG_SIGN_IN_ADDRESS_ATTEMPTS
    gone, _by_model = (of_address if is_over else of_address.filter(username=user_name)).delete()
    if gone:
        known = User.objects.filter(username=user_name or "").first()
        note_event(kind=Change.Kind.UNLOCKED, subject=known or User, details={"from_address": address})
    return int(gone)


def remove_old() -> int:
    """Forget failures that no longer count."""
    return int(AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - lasts()).delete()[0])


def _failures(attempts: "QuerySet[AccessAttempt]") -> int:
    return int(attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0)


def _last(attempts: "QuerySet[AccessAttempt]") -> datetime:
    last: datetime = attempts.aggregate(last=Max("attempt_time"))["last"]
    return last
