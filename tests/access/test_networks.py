"""The addresses from which a key may be used."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from access.exceptions import BadNetwork
from access.networks import MOST_NETWORKS, NetworksField, canonical_networks, is_within


class Form(forms.Form):
    networks = NetworksField()


def filled_in(text: str, **options: Any) -> Form:
    return Form({"networks": text}, **options)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("192.0.2.7", ["192.0.2.7"]),
        ("192.0.2.7/32", ["192.0.2.7"]),
        (" 192.0.2.0/24 ", ["192.0.2.0/24"]),
        ("192.0.2.0/255.255.255.0", ["192.0.2.0/24"]),
        ("2001:DB8:0::/32", ["2001:db8::/32"]),
        ("2001:db8::1/128", ["2001:db8::1"]),
        ("::ffff:192.0.2.0/120", ["192.0.2.0/24"]),  # as a server that listens for both kinds sees it
        ("192.0.2.7, 198.51.100.0/24\n192.0.2.7;", ["192.0.2.7", "198.51.100.0/24"]),
        ("", []),
        ("\n , \n", []),
    ],
)
def test_what_is_written_is_kept_in_one_form(written: str, kept: list[str]) -> None:
    form = filled_in(written)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["networks"] == kept
    again = filled_in("\n".join(kept), initial={"networks": kept})
    assert not again.has_changed()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("office", "office is no address and no range"),
        ("192.0.2", "is no address"),
        ("192.0.2.0/33", "is no address"),
        ("192.0.2.7-192.0.2.9", "is no address"),
        ("fe80::1%eth0/64", "is no address"),
        ("192.0.2.7/24", "write 192.0.2.0/24 for the range, or 192.0.2.7 alone"),
        ("2001:db8::7/64", "write 2001:db8::/64 for the range"),
        ("0.0.0.0/0", "every address"),
        ("::/0", "every address"),
        ("\n".join(f"192.0.2.{n}" for n in range(MOST_NETWORKS + 1)), "At most 50"),
    ],
)
def test_what_is_none_is_refused_with_what_to_write(written: str, said: str) -> None:
    form = filled_in(written)
    assert not form.is_valid()
    assert said in form.errors["networks"][0]


def test_what_services_are_given_is_refused_at_its_field() -> None:
    with pytest.raises(BadNetwork) as refused:
        canonical_networks(["nowhere"])
    assert refused.value.field == "allowed_networks"


@pytest.mark.parametrize(
    ("address", "networks", "within"),
    [
        ("192.0.2.7", [], True),
        (None, [], True),
        (None, ["192.0.2.0/24"], False),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("192.0.2.7", ["2001:db8::/32", "192.0.2.7"], True),
        ("2001:db8::7", ["2001:db8::/32"], True),
        ("2001:db9::7", ["2001:db8::/32"], False),
        ("192.0.2.7", ["2001:db8::/32"], False),
    ],
)
def test_an_address_is_within_or_not(address: str | None, networks: list[str], within: bool) -> None:
    assert is_within(address, networks) is within


@given(st.ip_addresses(), st.lists(st.ip_addresses(), max_size=4))
def test_it_is_never_wider_than_what_was_written(asked: Any, single: list[Any]) -> None:
    kept = canonical_networks(str(address) for address in single)
    meant = {getattr(address, "ipv4_mapped", None) or address for address in single}
    assert all(ip_address(text) in meant and ip_network(text).num_addresses == 1 for text in kept)
    assert is_within(str(asked), kept) == (not kept or asked in meant)
