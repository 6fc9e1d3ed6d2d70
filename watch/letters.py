"""Letters about queues: who is written to of what, and what was written in an episode."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from access import language
from notices.letters import Post, is_free, reach_people
from subscriptions.models import BacklogPolicy
from subscriptions.policies import Recipient, recipients
from watch import wording
from watch.models import Letter, Standing
from watch.wording import CUT_LIMITS

SEND = "watch.tasks.send_letter"

post = Post(letters=Letter, task=SEND, words=wording.of, language=language.language_of)


def everybody(standing: Standing) -> list[Recipient]:
    """Who is told of a subscription's queue."""
    policy = BacklogPolicy.objects.filter(pk=standing.pk).first()
    return recipients(policy) if policy else []


def warned(standing: Standing) -> list[Recipient]:
    """Those of them who were warned in this episode."""
    written = set(_of_episode(standing).values_list("address", flat=True))
    return [recipient for recipient in everybody(standing) if recipient.address in written]


def not_yet_written(standing: Standing) -> list[Recipient]:
    """Those of them who were not."""
    written = set(_of_episode(standing).values_list("address", flat=True))
    return [recipient for recipient in everybody(standing) if recipient.address not in written]


def first_sent(standing: Standing) -> datetime | None:
    """When somebody who is still to be told was told first; None where nobody was, or e-mail reaches nobody here."""
    if not reach_people():
        return None
    addresses = [recipient.address for recipient in everybody(standing)]
    sent: datetime | None = _of_episode(standing).filter(address__in=addresses).aggregate(at=Min("sent_at"))["at"]
    return sent


def have_told_of(policy: BacklogPolicy, standing: Standing) -> bool:
    """Whether every warning of this episode names when the queue is cut, no later than the policy now does."""
    told = _of_episode(standing).values_list("content", flat=True)
    return all(_is_within(getattr(policy, limit), content.get(limit)) for content in told for limit in CUT_LIMITS)


def write(standing: Standing, kind: Letter.Kind, content: Mapping[str, object], *, to: Sequence[Recipient]) -> None:
    """Write a letter to each within the transaction of the event; they are sent after its commit."""
    written = Letter.objects.bulk_create(
        Letter(
            subscription_id=standing.pk,
            kind=kind,
            episode=standing.episode,
            user=recipient.user,
            address=recipient.address,
            content=content,
        )
        for recipient in to
    )

    def enqueue() -> None:
        for letter in written:
            post.enqueue(letter.pk)

    transaction.on_commit(enqueue, robust=True)


def withdraw(standing: Standing) -> None:
    """Take back the warnings that nobody has begun to send."""
    _of_episode(standing).filter(is_free(timezone.now()), sent_at=None).delete()


def _of_episode(standing: Standing) -> QuerySet[Letter]:
    return Letter.objects.filter(subscription=standing.pk, episode=standing.episode, kind=Letter.Kind.WARNED)


def _is_within(limit: int | None, told: int | None) -> bool:
    return limit is None or (told is not None and told <= limit)
