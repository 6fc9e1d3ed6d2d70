"""Feedback: an integration says that it couldn't use a row that it was queued, and somebody answers.

A report never touches the queue: neither what waits nor what is acknowledged. It keeps the row as it was sent, so that
it outlives the trace. Lock order: reports of a row are locked the newest revision first.
"""

import dataclasses
import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from access.models import ApiKey
from revisions import row_now, trace
from revisions.exceptions import TooManyReports, UnknownRow
from revisions.models import Feedback, FeedbackEvent
from revisions.trace import Outcome
from subscriptions.models import Subscription

MOST_OPEN = 1_000
MOST_LOOKED_AT = 200
LOOK_AGAIN_AFTER = timedelta(minutes=1)
GONE_FROM_QUEUE = frozenset({Outcome.ACKNOWLEDGED, Outcome.TAKEN})

State, Kind = Feedback.State, FeedbackEvent.Kind
# A report in one of these states may be answered by sending the row again.
ANSWERABLE = (State.OPEN, State.DISMISSED)


@dataclasses.dataclass(frozen=True)
class Reported:
    """What a report led to: a new one, or the count of one that was made before."""

    feedback: Feedback
    is_new: bool


def report(
    *,
    subscription: Subscription,
    code: str,
    message: str,
    sequence: int | None = None,
    revision: str | None = None,
    companies: frozenset[int] | None = None,
    key: ApiKey,
) -> Reported:
    """Take down that an integration couldn't use a row, by the sequence it got it under or the revision's name.

    `companies` are the ids that the key may read, None for all. Raises `UnknownRow` for what this integration wasn't
    queued, can't be traced any more or is of another company; `TooManyReports` beyond the limit.
    """
    named, sequence = _find(subscription, sequence, revision, companies)
    change_set, _dot, row = named.name.partition(".")
    now = timezone.now()
    same = {"subscription": subscription, "change_set_id": int(change_set), "row": int(row), "code": code}
    if not Feedback.objects.filter(**same).exists():
        _check_limit(subscription)
    with transaction.atomic():
        found, is_new = Feedback.objects.get_or_create(
            **same,
            defaults={
                **_of_row(named),
                "sequence": sequence,
                "message": message,
                "application_name": key.application.name,
                "key_name": key.name,
                "reported_at": now,
                "last_reported_at": now,
            },
        )
        if is_new:
            _note(found, Kind.REPORTED)
            _supersede_earlier(found)
        else:
            found = _report_again(found, message=message, key=key)
    return Reported(found, is_new)


@transaction.atomic
def dismiss(*, reports: Collection[int], note: str, by: User) -> int:
    """Close open reports (ids) with a note; returns how many."""
    found = lock(reports, (State.OPEN,))
    for feedback in found:
        close(feedback, State.DISMISSED, by=by, note=note)
    return len(found)


def lock(reports: Collection[int], states: Sequence[str]) -> list[Feedback]:
    """Those of the reports (ids) that are in one of the states, locked until the transaction ends."""
    chosen = Feedback.objects.filter(pk__in=reports, state__in=states).select_for_update(of=("self",))
    return list(chosen.order_by("-change_set_id", "-row", "pk").select_related("subscription", "company"))


def close(
    feedback: Feedback, state: Feedback.State, *, by: User | None = None, note: str = "", sequence: int | None = None
) -> None:
    """Answer a report that the caller has locked."""
    feedback.state, feedback.closed_at, feedback.note = state, timezone.now(), note
    feedback.sent_sequence = sequence or feedback.sent_sequence
    feedback.save(update_fields=["state", "closed_at", "note", "sent_sequence"])
    _note(feedback, Kind(state), by=by, note=note, sequence=sequence)


def settle(*, most: int = MOST_LOOKED_AT) -> int:
    """Close the open reports whose integration has since acknowledged a later revision of the row; returns how many.

    Those are looked at whose integration has acknowledged something since they were, the longest ago first.
    """
    now = timezone.now()
    acknowledged = Q(subscription__departure__acknowledged_at__gt=F("looked_at"))
    waiting = Feedback.objects.filter(acknowledged, state=State.OPEN, looked_at__lt=now - LOOK_AGAIN_AFTER)
    settled = 0
    for feedback in waiting.select_related("subscription", "company").order_by("looked_at")[:most]:
        is_settled = _has_moved_on(feedback)
        with transaction.atomic():
            Feedback.objects.filter(pk=feedback.pk).update(looked_at=now)
            if is_settled and (locked := lock([feedback.pk], (State.OPEN,))):
                close(locked[0], State.SETTLED)
                settled += 1
    return settled


def remove_old(*, kept: timedelta | None = None) -> int:
    """Delete reports that were answered long ago; returns how many went. An open one stays."""
    kept = kept if kept is not None else timedelta(days=settings.UTKORG_FEEDBACK_DAYS)
    old = Feedback.objects.exclude(state=State.OPEN).filter(closed_at__lt=timezone.now() - kept)
    removed = 0
    while chunk := list(old.order_by("closed_at").values_list("pk", flat=True)[:1_000]):
        removed += Feedback.objects.filter(pk__in=chunk).delete()[1].get(Feedback._meta.label, 0)
    return removed


def of_revisions(names: Collection[str], reports: QuerySet[Feedback]) -> dict[str, list[Feedback]]:
    """Those of the reports that are of some revisions, by the revision's name, the newest first."""
    wanted = set(names)
    sets = {int(name.partition(".")[0]) for name in wanted}
    found: dict[str, list[Feedback]] = {}
    for feedback in reports.filter(change_set_id__in=sets).select_related("subscription").order_by("-pk"):
        if feedback.revision in wanted:
            found.setdefault(feedback.revision, []).append(feedback)
    return found


def _find(
    subscription: Subscription, sequence: int | None, revision: str | None, companies: frozenset[int] | None
) -> tuple[trace.Revision, int]:
    scope: Any = {"companies": companies, "subscriptions": {subscription.pk}}
    if revision is not None:
        found = trace.by_revision(revision, **scope)
    else:
        found = trace.by_sequence(subscription=subscription, sequence=sequence or 0, **scope)
    for known in found.revisions:
        for delivery in known.deliveries:
            if delivery.subscription_id == subscription.pk and delivery.sequence is not None:
                return known, delivery.sequence
    raise UnknownRow(field="sequence" if revision is None else "revision")


def _of_row(revision: trace.Revision) -> dict[str, object]:
    content = revision.key if revision.data is None else revision.data
    names = row_now.key_names(revision.information_type)
    return {
        "information_type": revision.information_type.number,
        "company_id": revision.company_id,
        "operation": revision.operation,
        "changed_at": revision.changed_at,
        "line": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        "row_name": " ".join(str(revision.key[name]) for name in names)[:300],
    }


def _check_limit(subscription: Subscription) -> None:
    if Feedback.objects.filter(subscription=subscription, state=State.OPEN).count() >= MOST_OPEN:
        raise TooManyReports(limit=MOST_OPEN)


def _report_again(feedback: Feedback, *, message: str, key: ApiKey) -> Feedback:
    """Count it once more. What was settled by itself is open again; what somebody answered stays answered."""
    found = Feedback.objects.select_for_update(of=("self",)).select_related("subscription").get(pk=feedback.pk)
    found.times, found.last_reported_at, found.message = found.times + 1, timezone.now(), message
    found.application_name, found.key_name = key.application.name, key.name
    if found.state == State.SETTLED:
        found.state, found.closed_at, found.looked_at = State.OPEN, None, timezone.now()
        _note(found, Kind.REOPENED)
    found.save()
    return found


def _supersede_earlier(feedback: Feedback) -> None:
    """An open report of an earlier revision of the row is one no more: the integration speaks of a later one."""
    earlier = Q(change_set_id__lt=feedback.change_set_id) | Q(
        change_set_id=feedback.change_set_id, row__lt=feedback.row
    )
    same_row = Feedback.objects.filter(
        earlier,
        subscription=feedback.subscription,
        company=feedback.company,
        information_type=feedback.information_type,
        row_name=feedback.row_name,
        state=State.OPEN,
    )
    for superseded in lock(same_row.values_list("pk", flat=True), (State.OPEN,)):
        close(superseded, State.SETTLED)


def _has_moved_on(feedback: Feedback) -> bool:
    key = {name: str(feedback.key[name]) for name in row_now.key_names(feedback.type)}
    sought = trace.Sought(information_type=feedback.type, company=feedback.company, key=key)
    found = trace.search(sought, subscriptions={feedback.subscription_id}, limit=20)
    return any(
        _place(revision.name) > (feedback.change_set_id, feedback.row)
        and any(delivery.outcome in GONE_FROM_QUEUE for delivery in revision.deliveries)
        for revision in found.revisions
    )


def _place(name: str) -> tuple[int, int]:
    change_set, _dot, row = name.partition(".")
    return int(change_set), int(row)


def _note(
    feedback: Feedback,
    kind: FeedbackEvent.Kind,
    *,
    by: User | None = None,
    note: str = "",
    sequence: int | None = None,
) -> None:
    FeedbackEvent.objects.create(
        feedback=feedback,
        kind=kind,
        by=by,
        by_name=by.get_username() if by else "",
        note=note,
        sequence=sequence,
    )
