"""Where an outbound call may go: checked on the address that was really connected to, so DNS cannot trick it.

Private and loopback addresses are allowed (the ERP stands in the customer's own network); link-local ones, which
hold cloud metadata services, never. OUTBOUND_ALLOWED narrows it further.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings

from core.errors import ConfigurationError, ConnectionBroken

METADATA = {
    ipaddress.ip_address("fd00:ec2::254"),
    ipaddress.ip_address("100.100.100.200"),  # Alibaba Cloud
    ipaddress.ip_address("168.63.129.16"),  # Azure
    ipaddress.ip_address("192.0.0.192"),  # Oracle Cloud
}


def check_peer(address: str) -> None:
    """Raises ConnectionBroken for a forbidden IP address (text, as ``getpeername`` gives it)."""
    peer = ipaddress.ip_address(address.split("%")[0])
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if peer.is_link_local or peer.is_multicast or peer.is_unspecified or peer in METADATA:
        raise ConnectionBroken(f"calls to {peer} are forbidden (link-local or cloud metadata address)")
    networks = _allowed_networks()
    if networks and not any(peer in network for network in networks):
        raise ConnectionBroken(f"calls to {peer} are forbidden: it is not in OUTBOUND_ALLOWED")


def _allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = []
    for entry in settings.OUTBOUND_ALLOWED:
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            message = f"OUTBOUND_ALLOWED: {entry!r} is no address or network such as 10.0.0.0/8"
            raise ConfigurationError(message) from None
    return networks


def check_url(url: str) -> None:
    """Raises ConnectionBroken for an address that is not http(s), has no host, or carries credentials."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConnectionBroken(f"the address {url!r} must start with http:// or https:// and name a host")
    if parts.username or parts.password:
        raise ConnectionBroken("the address must not contain a user name or password: use the secrets")
    try:
        check_peer(parts.hostname)
    except ValueError:
        return  # a host name: checked when connected
