"""Where a request comes from, by what can't be forged: the connection, and the proxies that the operator vouches for.

Each proxy appends to `X-Forwarded-For` the address that it was asked from; whoever asks may write anything before that.
With `UTKORG_TRUSTED_PROXIES` proxies the address is that many from the end, and without any the header means nothing.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a request comes from, in its shortest form; None where it comes by no network."""
    found = _address(_trusted(request))
    return None if found is None else str(found)


def _trusted(request: HttpRequest) -> str:
    connected: str = request.META.get("REMOTE_ADDR") or ""
    proxies: int = settings.UTKORG_TRUSTED_PROXIES
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
    # Who comes by fewer proxies than there are has gone around one: then only the connection is sure.
    return told[-proxies].strip() if 0 < proxies <= len(told) and told[-proxies].strip() else connected


def _address(text: str) -> Address | None:
    try:
        found = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    # One machine has one address, whether the server listens for both kinds or not.
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _without_port(text: str) -> str:
    """`192.0.2.1:443` and `[2001:db8::1]:443`, as some proxies write."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.partition(":")
    return host if colon and port.isdecimal() and "." in host else text
