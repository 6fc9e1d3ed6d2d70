"""Where a request comes from: never what whoever asks says of themself."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from access.http.address import client_address


def address(connected: str, told: str | None = None) -> str | None:
    """The address of a request on this connection, with this X-Forwarded-For."""
    headers = {} if told is None else {"X-Forwarded-For": told}
    return client_address(RequestFactory(REMOTE_ADDR=connected).get("/", headers=headers))


def test_without_a_proxy_only_the_connection_counts(settings: Settings) -> None:
    settings.UTKORG_TRUSTED_PROXIES = 0
    assert address("192.0.2.1") == "192.0.2.1"
    assert address("192.0.2.1", "10.0.0.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "told", "expected"),
    [
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1, 198.51.100.7", "198.51.100.7"),  # the first was written by whoever asks
        (2, "10.0.0.1, 198.51.100.7, 203.0.113.1", "198.51.100.7"),
        (2, "198.51.100.7,203.0.113.1", "198.51.100.7"),
        (2, "198.51.100.7", "192.0.2.1"),  # around a proxy: only the connection is sure
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, " , ", "192.0.2.1"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "2001:DB8:0::7", "2001:db8::7"),
        (1, "unknown", None),
        (1, "198.51.100.7'; drop table", None),
    ],
)
def test_behind_proxies_the_address_is_what_the_first_of_them_saw(
    settings: Settings, proxies: int, told: str | None, expected: str | None
) -> None:
    settings.UTKORG_TRUSTED_PROXIES = proxies
    assert address("192.0.2.1", told) == expected


@pytest.mark.parametrize(
    ("connected", "expected"),
    [
        ("::ffff:192.0.2.1", "192.0.2.1"),  # a server that listens for both kinds
        ("fe80::1%eth0", "fe80::1"),
        ("", None),  # a socket of the machine
    ],
)
def test_a_machine_has_one_address(connected: str, expected: str | None) -> None:
    assert address(connected) == expected
