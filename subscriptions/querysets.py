"""Verbs over subscriptions, so that a caller reads as a sentence."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, Count, ExpressionWrapper, F, Func, Q, QuerySet, Value

from access.models import ApiKey, ClientAccess
from access.rights import Rights
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


class SelectsOnly(Func):
    """Whether a subscription is of one company (id) alone, chosen as such."""

    template = """exists (
        select from (values (%(expressions)s)) known (id, negative, company)
        where not known.negative and array[known.company::bigint] = array(
            select chosen.company_id from subscriptions_subscribedcompany chosen
            where chosen.subscription_id = known.id))"""
    output_field = BooleanField()

    def __init__(self, company: int, **extra: Any) -> None:
        super().__init__(F("pk"), F("negative_selection"), Value(company), **extra)


ALL = Q(pk__isnull=False)
NONE = ~ALL


class SubscriptionQuerySet(QuerySet["Subscription"]):
    """Subscriptions."""

    def selecting_any(self, companies: Iterable[int] | None) -> Self:
        """Those that select at least one of some companies (ids); for None, of whatever companies there are."""
        return self if companies is None else self.filter(SelectsAny(companies))

    def judged(self, *, key: ApiKey, rights: Rights, permission: str | None) -> Self:
        """With what a key may: `is_known`, `is_allowed` and `is_own`, in the same query (`access.http.scope.Judged`).

        A key may know of a subscription that selects a company which it may know of; an office's is the office's keys'
        alone, and those keys' that are of no place and reach the office's own company.
        """
        allowed = rights.visible if permission is None else rights.companies_with(permission)
        return self.annotate(
            is_known=_truth(_of_place(key, rights) & _selecting(rights.visible)),
            is_allowed=_truth(_selecting(allowed)),
            is_own=_truth(_of_own_company(key)),
        )

    def known_to(self, *, key: ApiKey, rights: Rights, permission: str) -> Self:
        """Those that a key may know of and for which it has a right, in one of their companies at least."""
        judged = self.judged(key=key, rights=rights, permission=permission)
        return judged.filter(is_known=True, is_allowed=True)

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


def _truth(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _selecting(companies: Collection[int] | None) -> Q:
    return ALL if companies is None else Q(SelectsAny(companies))


def _of_place(key: ApiKey, rights: Rights) -> Q:
    if key.office_id is not None:
        return Q(office=None) | Q(office=key.office_id)
    if key.company_id is not None:
        return Q(office=None)
    visible = rights.visible
    return ALL if visible is None else Q(office=None) | Q(office__company__in=visible)


def _of_own_company(key: ApiKey) -> Q:
    return NONE if key.office is None else Q(SelectsOnly(key.office.company_id))
