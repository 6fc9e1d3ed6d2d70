"""Companies that an integration leaves lying: queued for it, never fetched, while it fetched others behind them."""

import dataclasses
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from revisions import fan_out, queues
from revisions.models import OutboxItem
from subscriptions.models import Subscription

GRACE = timedelta(hours=1)

# A company is passed over when none of its rows ever left the queue, though rows behind its oldest did a while ago.
PASSED_OVER = """
    with reached as materialized (
        select last_sequence from revisions_batchlog
        where subscription_id = %(subscription)s and acknowledged_at is not null
        order by epoch desc, first_sequence desc limit 1
    ),
    never as materialized (
        select queued.company_id, sum(queued.rows)::bigint as rows, array_agg(queued.information_type) as types
        from revisions_queuedcount queued
        left join revisions_departedcount departed using (subscription_id, information_type, company_id)
        where queued.subscription_id = %(subscription)s
        group by queued.company_id
        having bool_and(departed.rows is null)
    )
    select company.id, company.number, company.name, never.rows
    from never
    join ledger_company company on company.id = never.company_id
    where exists (
        select from unnest(never.types) kind (type)
        cross join lateral (
            select first_sequence, change_set_id from revisions_outboxitem item
            where item.subscription_id = %(subscription)s and item.information_type = kind.type
              and item.company_id = never.company_id
            order by first_sequence limit 1
        ) first
        join revisions_changeset changed on changed.id = first.change_set_id
        where first.first_sequence < (select last_sequence from reached)
          and changed.changed_at < clock_timestamp() - %(grace)s::interval)
    order by never.rows desc, company.number
"""


@dataclasses.dataclass(frozen=True)
class PassedOver:
    """A company and how many of its rows wait."""

    pk: int
    number: str
    name: str
    rows: int


def passed_over(subscription: Subscription) -> Sequence[PassedOver]:
    """The companies that this integration has never fetched though it fetched rows queued after theirs."""
    grace = f"{GRACE.total_seconds()} seconds"  # whoever fetches company by company comes to it yet
    with connection.cursor() as cursor:
        cursor.execute(PASSED_OVER, {"subscription": subscription.pk, "grace": grace})
        return [PassedOver(*row) for row in cursor.fetchall()]


@transaction.atomic
def cut_companies(*, subscription: Subscription, companies: Collection[int], by: User | None = None) -> int:
    """Take the rows of some companies out of a queue unread; returns how many went. See `queues.cut`."""
    fan_out.drain_within()
    items = OutboxItem.objects.filter(subscription_id=subscription.pk, company_id__in=companies)
    change_sets = sorted(set(items.values_list("change_set_id", flat=True)))
    return queues.cut(subscription=subscription, change_sets=change_sets, by=by)
