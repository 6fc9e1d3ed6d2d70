"""Backlog policies: what a subscription's may be, who is told, and changing one."""

import dataclasses
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from subscriptions.exceptions import CutBeforeWarning, InvalidAddress, NobodyToTell
from subscriptions.models import BacklogPolicy, Subscription

LIMITS = ("warn_rows", "warn_hours", "cut_rows", "cut_hours", "grace_hours")


@dataclasses.dataclass(frozen=True)
class Recipient:
    """Where a letter goes; `user` is None for an address of nobody here."""

    address: str
    user: User | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyWish:
    """A policy as asked for; None is no limit."""

    warn_rows: int | None = None
    warn_hours: int | None = None
    people: Sequence[User] = ()
    addresses: Sequence[str] = ()
    cut_rows: int | None = None
    cut_hours: int | None = None
    grace_hours: int | None = None

    @property
    def cuts(self) -> bool:
        """Whether the queue may ever be cut by it."""
        return any(limit is not None for limit in (self.cut_rows, self.cut_hours, self.grace_hours))

    def check(self) -> None:
        """Raise what is wrong with it as a whole."""
        if not _is_later(self.cut_rows, self.warn_rows):
            raise CutBeforeWarning("cut_rows")
        if not _is_later(self.cut_hours, self.warn_hours):
            raise CutBeforeWarning("cut_hours")
        if self.grace_hours is not None and self.warn_rows is None and self.warn_hours is None:
            raise CutBeforeWarning("grace_hours")
        for address in self.addresses:
            _check_address(address)
        if self.cuts and not self.addresses and not any(user.email for user in self.people):
            raise NobodyToTell


def policy_of(subscription: Subscription) -> BacklogPolicy:
    """The subscription's policy; the default one where it has none yet."""
    return BacklogPolicy.objects.get_or_create(subscription=subscription)[0]


def recipients(policy: BacklogPolicy) -> list[Recipient]:
    """Who is told, each address once: active users first, since they are written to in their language."""
    found: dict[str, Recipient] = {}
    for user in policy.people.filter(is_active=True).exclude(email="").order_by("pk"):
        found.setdefault(user.email.casefold(), Recipient(user.email, user))
    for address in lines(policy.addresses):
        found.setdefault(address.casefold(), Recipient(address))
    return list(found.values())


@transaction.atomic
def change_policy(*, subscription: Subscription, wish: PolicyWish) -> BacklogPolicy:
    """Change a subscription's policy; it is followed from the next look at the queue on."""
    wish.check()
    policy = policy_of(subscription)
    policy.warn_rows, policy.warn_hours = wish.warn_rows, wish.warn_hours
    policy.cut_rows, policy.cut_hours, policy.grace_hours = wish.cut_rows, wish.cut_hours, wish.grace_hours
    policy.addresses = "\n".join(wish.addresses)
    policy.save()
    policy.people.set(wish.people)
    return policy


@transaction.atomic
def copy_policy(subscription: Subscription, *, to: Subscription) -> None:
    """Give a copy the same limits, and tell the same people."""
    policy, copy = policy_of(subscription), policy_of(to)
    for name in (*LIMITS, "addresses"):
        setattr(copy, name, getattr(policy, name))
    copy.save()
    copy.people.set(policy.people.all())


def lines(text: str) -> list[str]:
    """What stands on the lines of a field, without blanks."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _is_later(cut: int | None, warn: int | None) -> bool:
    return cut is None or (warn is not None and cut > warn)


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidAddress(address) from error
