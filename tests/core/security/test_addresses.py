"""Where outbound calls may go, looked at on the address that was really connected to."""

from __future__ import annotations

from typing import Any

import pytest

from core.connectors.target import Target
from core.connectors.transport import Sessions
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken
from core.security.addresses import check_peer, check_url
from tests.core.security.served import Server

FORBIDDEN = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "::ffff:224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::ffff:0.0.0.0",
    "::",
]
ALLOWED = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.0.10",
    "172.16.5.5",
    "fd12::1",
    "8.8.8.8",
    "::ffff:10.1.2.3",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_link_local_and_metadata_addresses_are_never_called(address: str, settings: Any) -> None:
    with pytest.raises(ConnectionBroken, match="forbidden"):
        check_peer(address)
    settings.OUTBOUND_ALLOWED = ["0.0.0.0/0", "::/0"]
    with pytest.raises(ConnectionBroken, match="forbidden"):
        check_peer(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_private_and_loopback_addresses_are_allowed(address: str) -> None:
    check_peer(address)


def test_a_list_narrows_it(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ["10.0.0.0/8", "192.168.7.9"]
    for address in ("10.1.2.3", "192.168.7.9", "::ffff:10.1.2.3"):
        check_peer(address)
    for address in ("127.0.0.1", "8.8.8.8", "192.168.7.8", "::1", "::ffff:8.8.8.8"):
        with pytest.raises(ConnectionBroken, match="OUTBOUND_ALLOWED"):
            check_peer(address)


def test_an_entry_that_is_no_network_is_named(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ["10.0.0.0/8", "erp.local"]
    with pytest.raises(ConfigurationError, match=r"OUTBOUND_ALLOWED.*erp\.local"):
        check_peer("10.1.2.3")
    with pytest.raises(ConfigurationError, match=r"OUTBOUND_ALLOWED.*erp\.local"):
        check_url("http://10.1.2.3/")


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://10.0.0.1/", "file:///etc/passwd", "10.0.0.1", "", "http://", "javascript:alert(1)"),
        *("http://user:pw@10.0.0.1/", "https://user@erp.local/"),
        *(
            "http://169.254.169.254/latest",
            "http://[::ffff:169.254.169.254]/",
            "http://[fe80::1%25eth0]/",
            "http://0.0.0.0/",
        ),
    ],
)
def test_addresses_that_are_refused_when_typed(url: str) -> None:
    with pytest.raises(ConnectionBroken):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/b1s/v1", "https://erp.local:50000", "http://[::1]:8000/", "http://localhost/"]
)
def test_addresses_that_are_taken(url: str) -> None:
    check_url(url)


def test_a_name_is_judged_by_where_it_leads_before_a_byte_is_sent(settings: Any, server: Server) -> None:
    session = Sessions(Target(None, None, "x")).get(fresh=False)
    assert session.get(f"http://localhost:{server.port}/").status_code == 200
    session.close()
    settings.OUTBOUND_ALLOWED = ["10.0.0.0/8"]
    with pytest.raises(Exception, match="OUTBOUND_ALLOWED") as error:
        session.get(f"http://localhost:{server.port}/again")
    assert isinstance(error.value, B1FlowError)
    assert server.paths == ["/"]
