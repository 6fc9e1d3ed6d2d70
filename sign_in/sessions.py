"""Sessions: which are open, and when they end."""

import dataclasses
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from access import tokens
from sign_in.models import OpenSession, SignInMethod

SEEN_NOTED_EVERY = timedelta(minutes=1)


@dataclasses.dataclass(frozen=True)
class Limits:
    """How long a session lasts: without a page being asked for, and at all."""

    idle: timedelta
    whole: timedelta

    @classmethod
    def of_settings(cls) -> "Limits":
        """What the installation says."""
        return cls(
            timedelta(minutes=settings.UTKORG_SESSION_IDLE_MINUTES), timedelta(hours=settings.UTKORG_SESSION_HOURS)
        )

    def is_over(self, *, began: datetime, seen: datetime, now: datetime) -> bool:
        """Whether a session has ended."""
        return now - seen > self.idle or now - began > self.whole


def note_opened(
    *, user: User, session_key: str, method: SignInMethod, browser: str, address: str | None
) -> OpenSession:
    """Write down a session that has begun, or that goes on by another key."""
    noted, _is_new = OpenSession.objects.update_or_create(
        session_id=session_key,
        defaults={"user": user, "method": method, "browser": browser[:200], "address": address},
    )
    return noted


def note_seen(*, session_key: str, address: str | None) -> bool:
    """Write down that a session is in use; False for one that nobody has noted."""
    return OpenSession.objects.filter(session_id=session_key).update(seen_at=timezone.now(), address=address) > 0


def open_sessions(user: User) -> list[OpenSession]:
    """The sessions in which a person is signed in, the last seen first; without those that a new password has ended."""
    limits, now = Limits.of_settings(), timezone.now()
    live: list[OpenSession] = []
    for each in OpenSession.objects.filter(user=user).select_related("session"):
        is_over = limits.is_over(began=each.signed_in_at, seen=each.seen_at - SEEN_NOTED_EVERY, now=now)
        if each.session.expire_date > now and not is_over and _is_of(user, each.session):
            live.append(each)
    return live


def end_all(*, user: User, but: str | None = None) -> int:
    """Sign a person out everywhere, or everywhere but in one session; return in how many it was.

    Access tokens that were given for their password end as well.
    """
    tokens.revoke_all(user=user)
    return _end(OpenSession.objects.filter(user=user).exclude(session_id=but))


def end_everybodys() -> None:
    """Sign everybody out, and end every access token: for when nobody knows which of them were ended before."""
    tokens.revoke_everybodys()
    Session.objects.all().delete()


def end_one(*, user: User, number: int) -> bool:
    """End one of a person's sessions; False if it isn't theirs, or over."""
    return _end(OpenSession.objects.filter(user=user, pk=number)) > 0


def remove_expired() -> int:
    """Forget sessions whose time is over."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


def _end(chosen: QuerySet[OpenSession]) -> int:
    keys = list(chosen.values_list("session_id", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


def _is_of(user: User, session: Session) -> bool:
    content = session.get_decoded()
    is_theirs = content.get(SESSION_KEY) == str(user.pk)
    return is_theirs and constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
