"""Verbs over subscriptions, so that a caller reads as a sentence."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, Count, F, Func, Q, QuerySet, Value

from access.models import ClientAccess
from ledger.models import Company

if TYPE_CHECKING:
    from subscriptions.models import Subscription  # noqa: F401 (named in the base class below)


class SelectsAny(Func):
    """Whether a subscription selects at least one of some companies (ids): one array, however many they are."""

    template = """exists (
        select from (values (%(expressions)s)) known (id, office_id, negative, companies)
        cross join lateral unnest(known.companies) company (id)
        where (known.office_id is null or exists (
                select from access_clientaccess client
                join access_office office on office.id = client.office_id and office.company_id <> client.company_id
                where client.company_id = company.id and client.office_id = known.office_id))
          and case
              when known.negative or exists (
                  select from subscriptions_subscribedcompany chosen where chosen.subscription_id = known.id)
              then known.negative <> exists (
                  select from subscriptions_subscribedcompany chosen
                  where chosen.subscription_id = known.id and chosen.company_id = company.id)
              else true end)"""
    output_field = BooleanField()

    def __init__(self, companies: Iterable[int], **extra: Any) -> None:
        given = Value(list(companies), output_field=ArrayField(BigIntegerField()))
        super().__init__(F("pk"), F("office_id"), F("negative_selection"), given, **extra)


class SubscriptionQuerySet(QuerySet["Subscription"]):
    """Subscriptions."""

    def selecting_any(self, companies: Iterable[int] | None) -> Self:
        """Those that select at least one of some companies (ids); for None, of whatever companies there are."""
        return self if companies is None else self.filter(SelectsAny(companies))

    def count_companies(self) -> dict[int, int]:
        """How many companies each (id) selects, read at once."""
        clients = dict(
            ClientAccess.objects.exclude(company=F("office__company"))
            .order_by()
            .values_list("office")
            .annotate(count=Count("pk"))
        )
        every = Company.objects.count()
        is_meant = Q(office=None) | Q(subscribed_companies__company__client_access__office=F("office"))
        counted = self.annotate(
            listed=Count("subscribed_companies"), meant=Count("subscribed_companies", filter=is_meant)
        )
        rows: QuerySet[Any, tuple[Any, ...]] = counted.values_list(
            "pk", "office", "negative_selection", "listed", "meant"
        )
        found = {}
        for pk, office, negative, listed, meant in rows:
            possible = every if office is None else clients.get(office, 0)
            found[pk] = possible - meant if negative or not listed else meant
        return found
