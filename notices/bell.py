"""What the bell in every page's header knows."""

import dataclasses
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser, User
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
        return f"{MOST_COUNTED}+" if self.unread > MOST_COUNTED else str(self.unread)

    @property
    def state(self) -> str:
        """What a page sends back, to be told only of what has changed."""
        return f"{self.unread}.{self.newest}"


def bell_of(user: User | AnonymousUser) -> Bell:
    """Return somebody's bell, in one query."""
    newest_first = Notice.objects.of(user).unread().order_by("-id").values_list("pk", flat=True)
    unread = list(newest_first[: MOST_COUNTED + 1])
    return Bell(len(unread), unread[0] if unread else 0)


def arrived(user: User | AnonymousUser, *, after: int) -> list[Notice]:
    """Return the newest messages beyond one that a page knows of; what is no longer news waits on the list."""
    fresh = Notice.objects.of(user).unread().filter(pk__gt=after, created_at__gt=timezone.now() - NEWS_FOR)
    return list(reversed(fresh.order_by("-id")[:MOST_TOASTS]))
