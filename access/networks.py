"""The addresses from which a key may be used: single ones and ranges, of both kinds of IP. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from access.exceptions import BadNetwork

Network = IPv4Network | IPv6Network

MOST_NETWORKS = 50
MAPPED = IPv6Network("::ffff:0:0/96")


def canonical_networks(texts: Iterable[str]) -> list[str]:
    """Return networks in the form in which they are kept, each once, a single address without its length.

    Raises BadNetwork for what is none, has bits beyond its length, is every address there is, or one too many.
    """
    found = list(dict.fromkeys(_shown(_network(text.strip())) for text in texts if text.strip()))
    if len(found) > MOST_NETWORKS:
        raise BadNetwork(_("At most %(most)s addresses and ranges.") % {"most": MOST_NETWORKS})
    return found


def is_within(address: str | None, networks: Sequence[str]) -> bool:
    """Tell whether an address is in one of the networks; none of them is anywhere, and nowhere is in none."""
    if not networks:
        return True
    if address is None:
        return False
    asked = ip_address(address)
    return any(asked in _known(network) for network in networks)


class NetworksField(forms.CharField):
    """Addresses and ranges as a person writes them: one a line, or with commas; its value is the canonical list."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, **options})

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare what is meant, not how it is written."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except forms.ValidationError:
            return True

    def to_python(self, value: Any) -> Any:
        """The networks, in the form in which they are kept."""
        try:
            return canonical_networks(str(value or "").replace(",", "\n").replace(";", "\n").splitlines())
        except BadNetwork as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from refused

    def run_validators(self, value: Any) -> None:
        """All is said already."""


@lru_cache(maxsize=4096)
def _known(text: str) -> Network:
    return ip_network(text)


def _network(text: str) -> Network:
    try:
        found = ip_network(text.replace("%", " "), strict=False)  # of a zone no address tells
    except ValueError:
        raise BadNetwork(
            _("%(text)s is no address and no range, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.") % {"text": text}
        ) from None
    if found.prefixlen == 0:
        raise BadNetwork(_("%(text)s is every address there is. Leave the field empty for that.") % {"text": text})
    if str(found.network_address) != str(ip_address(text.partition("/")[0])):
        # Whoever writes that means one machine or the whole range: a guess would let in too many or too few.
        raise BadNetwork(
            _("%(text)s begins in the middle of its range: write %(range)s for the range, or %(address)s alone.")
            % {"text": text, "range": found, "address": text.partition("/")[0]}
        )
    if isinstance(found, IPv6Network) and found.subnet_of(MAPPED):
        mapped = found.network_address.ipv4_mapped
        return IPv4Network((int(mapped or 0), found.prefixlen - 96))
    return found


def _shown(network: Network) -> str:
    return str(network.network_address) if network.num_addresses == 1 else str(network)
