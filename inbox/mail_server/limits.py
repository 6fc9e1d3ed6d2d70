"""How much is let in: of one connection, of one address, and of all together."""

import collections
import dataclasses
import time
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

from django.conf import settings

Network = IPv4Network | IPv6Network

MEGABYTE = 1024 * 1024
NETWORK_OF_ONE = 64  # an IPv6 client has as many addresses as it likes within these bits


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read addresses and networks. Raises ValueError."""
    return tuple(ip_network(text.strip(), strict=False) for text in written if text.strip())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What the settings allow; sizes in bytes."""

    message: int
    memory: int
    """What all messages together may take that are on their way in."""
    connections: int
    connections_per_address: int
    messages_per_minute: int
    trusted: tuple[Network, ...] = ()
    """Mail servers of the operator's: the limits of one address and of mistakes aren't for them."""
    recipients: int = 100
    mistakes: int = 10
    idle_seconds: float = 300
    message_seconds: float = 900

    @classmethod
    def of_settings(cls) -> Self:
        """As the settings say."""
        return cls(
            message=settings.UTKORG_MAIL_MAX_MB * MEGABYTE,
            memory=settings.SMTP_MEMORY_MB * MEGABYTE,
            connections=settings.SMTP_MAX_CONNECTIONS,
            connections_per_address=settings.SMTP_MAX_CONNECTIONS_PER_ADDRESS,
            messages_per_minute=settings.SMTP_MESSAGES_PER_MINUTE,
            trusted=networks(settings.SMTP_TRUSTED_RELAYS),
        )


class Visitors:
    """Who is connected and how much they sent lately. Used by the event loop alone, so it needs no lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._connected: collections.Counter[str] = collections.Counter()
        self._sent: dict[str, collections.deque[float]] = {}
        self._memory = 0

    def is_trusted(self, address: str) -> bool:
        """Whether it is a mail server of the operator's."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.limits.trusted)

    def enter(self, address: str) -> str | None:
        """Count a connection, or return why there is no room for it."""
        if self._connected.total() >= self.limits.connections:
            return "421 4.3.2 Too many connections, try again later"
        who = _who(address)
        if self._connected[who] >= self.limits.connections_per_address and not self.is_trusted(address):
            return "421 4.7.0 Too many connections from your address"
        self._connected[who] += 1
        return None

    def leave(self, address: str) -> None:
        """Count a connection's end."""
        who = _who(address)
        self._connected[who] -= 1
        if self._connected[who] <= 0:
            del self._connected[who]

    def may_send(self, address: str) -> bool:
        """Whether one more message may come from there; if so, it counts."""
        if self.is_trusted(address):
            return True
        now, who = time.monotonic(), _who(address)
        self._sent = {key: times for key, times in self._sent.items() if times[-1] > now - 60}
        times = self._sent.setdefault(who, collections.deque())
        while times and times[0] <= now - 60:
            times.popleft()
        if len(times) >= self.limits.messages_per_minute:
            return False
        times.append(now)
        return True

    def hold(self, size: int) -> bool:
        """Take memory for a part of a message, if there is some left."""
        if self._memory + size > self.limits.memory:
            return False
        self._memory += size
        return True

    def release(self, size: int) -> None:
        """Give it back."""
        self._memory -= size


def _who(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ip_network((found, NETWORK_OF_ONE), strict=False))
