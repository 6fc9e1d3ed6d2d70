"""The history of what subscriptions selected and of offices' clients, so that the trace knows why a row was not sent.

Written under the fan-out's lock, after everything committed was queued by the choice before: so a choice is that of the
numberings which follow the last one drawn.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from access.models import Office
from revisions.models import ClientChange, Selection
from subscriptions.models import Subscription

LAST_NUMBERING = "select last_value - (not is_called)::int from revisions_numbering_id_seq"
CHOICE = ("name", "active", "types", "companies", "negative_selection", "own_changes", "application_id", "office_id")


def remember(subscription: Subscription) -> None:
    """Write down what it selects from here on, unless that is what it did."""
    chosen = {
        "name": subscription.name,
        "active": subscription.active,
        "types": sorted(subscription.types.values_list("information_type", flat=True)),
        "companies": sorted(subscription.subscribed_companies.values_list("company", flat=True)),
        "negative_selection": subscription.negative_selection,
        "own_changes": subscription.own_changes,
        "application_id": subscription.application_id,
        "office_id": subscription.office_id,
    }
    before = _latest(subscription)
    if before is None or any(getattr(before, name) != value for name, value in chosen.items()):
        _write(subscription, **chosen)


def remember_end(subscription: Subscription) -> None:
    """Write down that it is deleted."""
    before = _latest(subscription)
    if before is not None:
        chosen = {name: getattr(before, name) for name in CHOICE}
        _write(subscription, **chosen, deleted=True)


def remember_clients(office: Office, *, added: Iterable[int], removed: Iterable[int]) -> None:
    """Write down which companies (ids) are an office's clients from here on, and which no longer are."""
    last = _last_numbering()
    changes = [*((company, True) for company in added), *((company, False) for company in removed)]
    ClientChange.objects.bulk_create(
        ClientChange(office_id=office.pk, company_id=company, is_client=is_client, valid_after=last)
        for company, is_client in changes
    )


def _latest(subscription: Subscription) -> Selection | None:
    return Selection.objects.filter(subscription_id=subscription.pk).order_by("valid_after", "id").last()


def _write(subscription: Subscription, **chosen: Any) -> None:
    Selection.objects.create(
        subscription_id=subscription.pk,
        integration_id=subscription.integration_id,
        valid_after=_last_numbering(),
        **chosen,
    )


def _last_numbering() -> int:
    with connection.cursor() as cursor:
        cursor.execute(LAST_NUMBERING)
        (last,) = cursor.fetchone()
    return int(last)
