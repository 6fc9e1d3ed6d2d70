"""What the bell in every page's header knows, and how much waits elsewhere, for badges in every page's menu."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from notices.models import Notice

MOST_COUNTED = 99
MOST_TOASTS = 3
NEWS_FOR = timedelta(minutes=10)


@dataclasses.dataclass(frozen=True)
class Bell:
    """How many messages are unread, counted up to a bound, and the newest of them."""

    unread: int
    newest: int

    @property
    def shown(self) -> str:
        """The count as the badge shows it."""
        return _shown(self.unread)

    @property
    def state(self) -> str:
        """What a page sends back, to be told only of what has changed."""
        return f"{self.unread}.{self.newest}"


def bell_of(user: User | AnonymousUser) -> Bell:
    """Return somebody's bell, in one query."""
    newest_first = Notice.objects.of(user).unread().order_by("-id").values_list("pk", flat=True)
    unread = list(newest_first[: MOST_COUNTED + 1])
    return Bell(len(unread), unread[0] if unread else 0)


@dataclasses.dataclass(frozen=True)
class Header:
    """The bell, and the counts that others asked for, by name: as badges show them, nothing for none."""

    bell: Bell
    waiting: Mapping[str, str]


_waiting: "dict[str, Callable[[User], QuerySet[Any]]]" = {}


def count_as_well(name: str, rows: "Callable[[User], QuerySet[Any]]") -> None:
    """Have the rows counted that wait for somebody, in the bell's own query."""
    _waiting[name] = rows


def header_of(request: HttpRequest) -> Header:
    """Return what every page shows, asked for once in a request."""
    known: Header | None = getattr(request, "_header", None)
    if known is None:
        known = _header(request.user)
        request._header = known  # type: ignore[attr-defined]
    return known


def _header(user: User | AnonymousUser) -> Header:
    unread = _named("", Notice.objects.of(user).unread().order_by("-id"))
    others = [_named(name, rows(user)) for name, rows in _waiting.items()] if isinstance(user, User) else []
    found = defaultdict[str, list[int]](list)
    for name, pk in unread.union(*others, all=True) if others else unread:
        found[name].append(pk)
    bell = Bell(len(found[""]), max(found[""], default=0))
    return Header(bell, {name: _shown(len(found[name])) if found[name] else "" for name in _waiting})


def _named(name: str, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    named: QuerySet[Any, Any] = rows.annotate(counted=Value(name)).values_list("counted", "pk")
    return named[: MOST_COUNTED + 1]


def _shown(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def arrived(user: User | AnonymousUser, *, after: int) -> list[Notice]:
    """Return the newest messages beyond one that a page knows of; what is no longer news waits on the list."""
    fresh = Notice.objects.of(user).unread().filter(pk__gt=after, created_at__gt=timezone.now() - NEWS_FOR)
    return list(reversed(fresh.order_by("-id")[:MOST_TOASTS]))
