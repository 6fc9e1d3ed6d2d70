"""Making, changing and deleting subscriptions; admin, REST and commands all go through here."""

import dataclasses
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from access.clients import clients_of
from access.models import Application, Office
from information_types.definition import InformationType
from ledger.models import Company
from subscriptions.exceptions import EmptyNegativeSelection, IntegrationIdTaken, NoInformationTypes, NotClients
from subscriptions.models import BacklogPolicy, Resync, SubscribedCompany, SubscribedType, Subscription
from subscriptions.signals import subscription_changed, subscription_changing

# Every pair of type and company of every selection, as `Subscription.selected_companies` tells it of one
EVERYTHING = """
    insert into subscriptions_resync (subscription_id, information_type, company_id, reason, since)
    select subscription.id, type.information_type, company.id, %(reason)s, clock_timestamp()
    from subscriptions_subscription subscription
    join subscriptions_subscribedtype type on type.subscription_id = subscription.id
    cross join ledger_company company
    where (subscription.office_id is null or exists (
            select from access_clientaccess client
            join access_office office on office.id = client.office_id
            where client.office_id = subscription.office_id and client.company_id = company.id
              and office.company_id <> company.id))
      and case
          when subscription.negative_selection or exists (
              select from subscriptions_subscribedcompany chosen where chosen.subscription_id = subscription.id)
          then subscription.negative_selection <> exists (
              select from subscriptions_subscribedcompany chosen
              where chosen.subscription_id = subscription.id and chosen.company_id = company.id)
          else true end
    on conflict (subscription_id, information_type, company_id) do update set
        reason = excluded.reason, since = excluded.since
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """A subscription as asked for. No companies means all, or all clients of the office; see `Subscription`."""

    name: str
    application: Application
    office: Office | None = None
    information_types: Sequence[InformationType]
    companies: Sequence[Company] = ()
    negative_selection: bool = False
    own_changes: bool = True
    active: bool = True

    def check(self) -> None:
        """Raise what is wrong with the choice as a whole."""
        if self.negative_selection and not self.companies:
            raise EmptyNegativeSelection
        if not self.information_types:
            raise NoInformationTypes

    def check_clients(self, *, but: frozenset[int] = frozenset()) -> None:
        """Raise if companies are chosen that aren't the office's clients; those in `but` (ids) may have left it."""
        if self.office is None:
            return
        clients = set(clients_of(self.office).values_list("pk", flat=True)) | but
        strangers = [company for company in self.companies if company.pk not in clients]
        if strangers:
            raise NotClients(office=self.office, companies=strangers)


@transaction.atomic
def create_subscription(*, integration_id: str, wish: Wish) -> Subscription:
    """Make a subscription; everything that it selects and that exists already stands in its `resync`."""
    wish.check()
    subscription_changing.send(sender=Subscription)
    if Subscription.objects.filter(integration_id=integration_id).exists():
        raise IntegrationIdTaken
    wish.check_clients()
    subscription = Subscription(integration_id=integration_id)
    try:
        with transaction.atomic():
            _write(subscription, wish)
    except IntegrityError as error:
        raise IntegrationIdTaken from error
    BacklogPolicy.objects.create(subscription=subscription)
    _mark(subscription, wish.information_types, _companies(subscription), Resync.Reason.SELECTED)
    subscription_changed.send(sender=Subscription, subscription=subscription)
    return subscription


@transaction.atomic
def change_subscription(*, subscription: Subscription, wish: Wish) -> Subscription:
    """Change a subscription at once: what was committed before is queued by the old choice, what comes by the new.

    Companies and types newly in the selection, and everything on reactivation, stand in `resync` afterwards. Rows that
    are queued stay until fetched or purged.
    """
    return _change(_lock(subscription), wish)


@transaction.atomic
def change_parts(*, subscription: Subscription, **parts: Any) -> Subscription:
    """Change the named parts of a `Wish` and leave the rest as it is at that moment; see `change_subscription`."""
    locked = _lock(subscription)
    return _change(locked, dataclasses.replace(wish_of(locked), **parts))


def _lock(subscription: Subscription) -> Subscription:
    subscription_changing.send(sender=Subscription)
    return Subscription.objects.select_for_update().get(pk=subscription.pk)


def _change(subscription: Subscription, wish: Wish) -> Subscription:
    wish.check()
    # Who was chosen as a client and has left the office may stay chosen: it counts again when it comes back.
    chosen = subscription.subscribed_companies.values_list("company", flat=True)
    wish.check_clients(but=frozenset(chosen) if wish.office == subscription.office else frozenset())
    was_active, types_before = subscription.active, set(subscription.information_types)
    companies_before = set(_companies(subscription))
    _write(subscription, wish)
    companies, types = _companies(subscription), wish.information_types
    _mark(subscription, [new for new in types if new not in types_before], companies, Resync.Reason.SELECTED)
    _mark(subscription, types, [new for new in companies if new not in companies_before], Resync.Reason.SELECTED)
    if wish.active and not was_active:
        _mark(subscription, types, companies, Resync.Reason.REACTIVATED)
    _forget_unselected(subscription, types, companies)
    subscription_changed.send(sender=Subscription, subscription=subscription)
    return subscription


@transaction.atomic
def delete_subscription(*, subscription: Subscription) -> None:
    """Delete a subscription and all that is queued for it."""
    subscription_changing.send(sender=Subscription)
    subscription.delete()


def wish_of(subscription: Subscription) -> Wish:
    """The subscription as it stands, to be changed in part (`dataclasses.replace`)."""
    return Wish(
        name=subscription.name,
        application=subscription.application,
        office=subscription.office,
        information_types=subscription.information_types,
        companies=list(subscription.companies.all()),
        negative_selection=subscription.negative_selection,
        own_changes=subscription.own_changes,
        active=subscription.active,
    )


def mark_missing(*, subscription: Subscription, pairs: Iterable[tuple[int, int]], reason: Resync.Reason) -> None:
    """Note that (type number, company id) need a one-off transfer; called inside the transaction that lost them."""
    now = timezone.now()
    Resync.objects.bulk_create(
        [
            Resync(subscription=subscription, information_type=number, company_id=company, reason=reason, since=now)
            for number, company in sorted(set(pairs))
        ],
        update_conflicts=True,
        unique_fields=["subscription", "information_type", "company"],
        update_fields=["reason", "since"],
        batch_size=5000,
    )


def mark_lost(*, subscription: Subscription, pairs: Iterable[tuple[int, int]], reason: Resync.Reason) -> None:
    """Note, of rows taken out of a queue, those still selected: no others can be transferred."""
    lost = set(pairs)
    types = {known.number for known in subscription.information_types}
    of = {company for _number, company in lost}
    companies = set(subscription.selected_companies().filter(pk__in=of).values_list("pk", flat=True))
    still = [(number, company) for number, company in lost if number in types and company in companies]
    mark_missing(subscription=subscription, pairs=still, reason=reason)


def mark_all_missing(*, reason: Resync.Reason) -> None:
    """Note that every subscription needs a one-off transfer of all it selects; inside the transaction that lost it."""
    with connection.cursor() as cursor:
        cursor.execute(EVERYTHING, {"reason": reason})


def _write(subscription: Subscription, wish: Wish) -> None:
    subscription.name, subscription.application, subscription.office = wish.name, wish.application, wish.office
    subscription.negative_selection, subscription.own_changes = wish.negative_selection, wish.own_changes
    subscription.active = wish.active
    subscription.save()
    companies = {company.pk for company in wish.companies}
    subscription.subscribed_companies.exclude(company__in=companies).delete()
    SubscribedCompany.objects.bulk_create(
        [SubscribedCompany(subscription=subscription, company_id=pk) for pk in sorted(companies)],
        ignore_conflicts=True,
    )
    numbers = {known.number for known in wish.information_types}
    subscription.types.exclude(information_type__in=numbers).delete()
    SubscribedType.objects.bulk_create(
        [SubscribedType(subscription=subscription, information_type=number) for number in sorted(numbers)],
        ignore_conflicts=True,
    )


def _companies(subscription: Subscription) -> list[int]:
    return list(subscription.selected_companies().values_list("pk", flat=True))


def _mark(
    subscription: Subscription, types: Iterable[InformationType], companies: Sequence[int], reason: Resync.Reason
) -> None:
    pairs = product((known.number for known in types), companies)
    mark_missing(subscription=subscription, pairs=pairs, reason=reason)


def _forget_unselected(subscription: Subscription, types: Iterable[InformationType], companies: Sequence[int]) -> None:
    missing = Resync.objects.filter(subscription=subscription)
    missing.exclude(information_type__in=[known.number for known in types]).delete()
    missing.exclude(company__in=companies).delete()
