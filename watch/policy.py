"""Following the backlog policies: warn once, say when it is over, and cut where that is asked for, after a warning.

What is due is decided over plain values (`step`); doing it looks again, so that two workers at once, or a receipt under
way, change nothing twice and cut nothing that is no longer over its limit.
"""

import enum
import logging
from datetime import datetime, timedelta

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from information_types import registry
from revisions import fan_out, news, queues
from revisions.models import Departure, Removal
from subscriptions.models import BacklogPolicy, Subscription
from watch import letters
from watch.backlog import Backlog, backlog_of, with_backlog
from watch.models import Letter, Standing

logger = logging.getLogger(__name__)

# A queue that was over a limit is cleared when it is well below it, so that one at the limit doesn't come and go.
CLEARED_PER_CENT = 80
COMPANIES_NAMED = 5

KINDS = """
    with waiting as (
        select queued.information_type, company.number, queued.rows - coalesce(departed.rows, 0) as rows,
            row_number() over (partition by queued.information_type order by company.number) as place
        from revisions_queuedcount queued
        left join revisions_departedcount departed using (subscription_id, information_type, company_id)
        join ledger_company company on company.id = queued.company_id
        where queued.subscription_id = %(subscription)s and queued.rows > coalesce(departed.rows, 0)
    )
    select information_type, sum(rows)::bigint, count(*),
        array_agg(number order by number) filter (where place <= %(named)s)
    from waiting group by information_type order by information_type
"""


class Step(enum.Enum):
    """What a look at a queue asks for."""

    NOTHING = enum.auto()
    WARN = enum.auto()
    CLEAR = enum.auto()
    CUT = enum.auto()


def step(policy: BacklogPolicy, backlog: Backlog, *, warned: bool, told_at: datetime | None, at: datetime) -> Step:
    """What is due. `told_at` is when the first letter of the warning was sent; before it nothing is ever cut."""
    if not warned:
        return Step.WARN if exceeds(backlog, policy.warn_rows, policy.warn_hours, at=at) else Step.NOTHING
    if is_cleared(policy, backlog, at=at):
        return Step.CLEAR
    return Step.CUT if told_at and is_to_be_cut(policy, backlog, told_at=told_at, at=at) else Step.NOTHING


def exceeds(backlog: Backlog, rows: int | None, hours: int | None, *, at: datetime) -> bool:
    """Whether a queue is beyond either limit; None is no limit."""
    is_long = rows is not None and backlog.rows > rows
    return is_long or (hours is not None and backlog.age(at=at) > timedelta(hours=hours))


def is_cleared(policy: BacklogPolicy, backlog: Backlog, *, at: datetime) -> bool:
    """Whether a queue is well below every limit."""
    is_short = policy.warn_rows is None or backlog.rows * 100 <= policy.warn_rows * CLEARED_PER_CENT
    is_young = (
        policy.warn_hours is None or backlog.age(at=at) * 100 <= timedelta(hours=policy.warn_hours) * CLEARED_PER_CENT
    )
    return is_short and is_young


def is_to_be_cut(policy: BacklogPolicy, backlog: Backlog, *, told_at: datetime, at: datetime) -> bool:
    """Whether a queue of which people were warned is beyond a second limit, or still over the first after the grace."""
    has_waited = policy.grace_hours is not None and at >= told_at + timedelta(hours=policy.grace_hours)
    is_late = has_waited and exceeds(backlog, policy.warn_rows, policy.warn_hours, at=at)
    return is_late or exceeds(backlog, policy.cut_rows, policy.cut_hours, at=at)


def follow_all() -> None:
    """Look at every queue; what one of them refuses is tried again at the next look, and holds up no other."""
    subscriptions = Subscription.objects.filter(backlog_policy__isnull=False)
    for subscription in with_backlog(subscriptions).select_related("backlog_policy", "standing"):
        try:
            follow(subscription)
        except ObjectDoesNotExist:
            logger.info("The subscription %s was deleted meanwhile.", subscription.integration_id)
        except DatabaseError:
            logger.exception("The backlog policy of %s could not be followed.", subscription.integration_id)


def follow(subscription: Subscription) -> None:
    """Do what a queue's policy asks for; the subscription is one of `with_backlog`."""
    at, backlog, standing = timezone.now(), backlog_of(subscription), subscription.standing
    warned = standing.warned_at is not None
    if warned:
        warn_anew_where_stricter(subscription, backlog, at=at)
        tell_those_added(subscription, backlog)
        standing.refresh_from_db()
        warned = standing.warned_at is not None
    told_at = letters.first_sent(standing) if warned and subscription.backlog_policy.cuts else None
    match step(subscription.backlog_policy, backlog, warned=warned, told_at=told_at, at=at):
        case Step.WARN:
            warn(subscription, backlog, at=at)
        case Step.CLEAR:
            clear(subscription, backlog)
        case Step.CUT:
            cut(subscription)


@transaction.atomic
def warn(subscription: Subscription, backlog: Backlog, *, at: datetime) -> None:
    """Begin an episode, once, and write the letters of it in the same transaction."""
    ours = Standing.objects.filter(pk=subscription.pk, warned_at=None)
    if ours.update(warned_at=at, episode=F("episode") + 1):
        logger.warning("The queue of %s is over its limit: %s rows.", subscription.integration_id, backlog.rows)
        tell_those_added(subscription, backlog)


@transaction.atomic
def warn_anew_where_stricter(subscription: Subscription, backlog: Backlog, *, at: datetime) -> None:
    """Begin another episode where the policy now cuts earlier than a warning said: nothing is cut by what nobody was
    told, and the grace begins anew."""
    limits = subscription.backlog_policy
    standing = Standing.objects.select_for_update().get(pk=subscription.pk)
    is_over = standing.warned_at is not None and exceeds(backlog, limits.warn_rows, limits.warn_hours, at=at)
    if is_over and not letters.have_told_of(limits, standing):
        letters.withdraw(standing)
        Standing.objects.filter(pk=standing.pk).update(warned_at=at, episode=F("episode") + 1)


@transaction.atomic
def tell_those_added(subscription: Subscription, backlog: Backlog) -> None:
    """Warn whoever has no letter of this episode yet: everybody at its beginning, later whoever was chosen since."""
    standing = Standing.objects.select_for_update().get(pk=subscription.pk)
    if standing.warned_at is not None:
        content = _content(subscription, backlog)
        letters.write(standing, Letter.Kind.WARNED, content, to=letters.not_yet_written(standing))


@transaction.atomic
def clear(subscription: Subscription, backlog: Backlog) -> None:
    """End an episode and tell those who were warned; a warning that wasn't sent yet is not sent any more."""
    standing = Standing.objects.select_for_update().get(pk=subscription.pk)
    if standing.warned_at is None:
        return
    Standing.objects.filter(pk=standing.pk).update(warned_at=None)
    logger.info("The queue of %s is below its limits again.", subscription.integration_id)
    letters.withdraw(standing)
    letters.write(standing, Letter.Kind.CLEARED, _content(subscription, backlog), to=letters.warned(standing))


@transaction.atomic
def cut(subscription: Subscription) -> None:
    """Empty a queue if that is still due once nobody else can move it; the locks are taken in the heart's order."""
    reached = fan_out.drain_within()
    Departure.objects.select_for_update().get(subscription=subscription)
    standing = Standing.objects.select_for_update().get(pk=subscription.pk)
    now = with_backlog(Subscription.objects.filter(pk=subscription.pk)).select_related("backlog_policy").get()
    at, backlog, told_at = timezone.now(), backlog_of(now), letters.first_sent(standing)
    due = step(now.backlog_policy, backlog, warned=standing.warned_at is not None, told_at=told_at, at=at)
    if due is Step.CUT and letters.have_told_of(now.backlog_policy, standing):
        content = _content(now, backlog) | {"kinds": _kinds(now)}
        queues.cut(subscription=now, why=Removal.Reason.OVERFLOW)
        Standing.objects.filter(pk=standing.pk).update(warned_at=None, cut_at=at)
        logger.warning("The queue of %s was cut: %s rows.", now.integration_id, backlog.rows)
        letters.write(standing, Letter.Kind.CUT, content, to=letters.everybody(standing))
    transaction.on_commit(lambda: news.publish(reached), robust=True)


def _content(subscription: Subscription, backlog: Backlog) -> dict[str, object]:
    """What a letter tells, as it was then; it is put into words when it is sent, in its reader's language."""
    policy = subscription.backlog_policy
    return {
        "subscription": subscription.pk,
        "integration_id": subscription.integration_id,
        "name": subscription.name,
        "rows": backlog.rows,
        "oldest": backlog.oldest and backlog.oldest.isoformat(),
        "warn_rows": policy.warn_rows,
        "warn_hours": policy.warn_hours,
        "cut_rows": policy.cut_rows,
        "cut_hours": policy.cut_hours,
        "grace_hours": policy.grace_hours,
    }


def _kinds(subscription: Subscription) -> list[dict[str, object]]:
    with connection.cursor() as cursor:
        cursor.execute(KINDS, {"subscription": subscription.pk, "named": COMPANIES_NAMED})
        return [
            {"type": registry.by_number(number).name, "rows": rows, "companies": companies, "numbers": numbers}
            for number, rows, companies, numbers in cursor.fetchall()
        ]
