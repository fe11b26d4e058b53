from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from antiphon.core.http import AddressPolicy

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.0.1",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700::5efe:8.8.8.8",
]
REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.9.9.9",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%lo",
    "2606:4700::1111%lo",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "5f00::1",
    "4000::1",
    # IPv4 inside: mapped, compatible, translated, NAT64 (both prefixes), 6to4, Teredo, ISATAP
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1:a00:1::",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2606:4700::5efe:127.0.0.1",
    "2606:4700::200:5efe:192.168.0.1",
    # no addresses at all
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "::1/128",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert AddressPolicy().is_allowed(address)
    assert AddressPolicy().is_allowed(ip_address(address))


@pytest.mark.parametrize("address", REFUSED)
def test_everything_else_is_refused(address: str) -> None:
    """contracts/voicegram.md 7.2."""
    assert not AddressPolicy().is_allowed(address)


def test_operator_networks_are_allowed_in_every_form() -> None:
    """contracts/voicegram.md 7.2: webhook_allowed_networks."""
    policy = AddressPolicy(["127.0.0.0/8", ip_network("fd00::/16")])
    for allowed in (
        "127.0.0.1",
        "::ffff:127.0.0.9",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::1",
        "fd00::7",
        "8.8.8.8",
    ):
        assert policy.is_allowed(allowed), allowed
    for refused in ("10.0.0.1", "::1", "::127.0.0.1", "fd01::1", "::ffff:10.0.0.1", "2002:a00:1::1"):
        assert not policy.is_allowed(refused), refused


def test_an_allowed_ipv6_network_allows_its_addresses_whatever_is_inside() -> None:
    assert AddressPolicy(["64:ff9b:1::/48"]).is_allowed("64:ff9b:1::10.0.0.1")
    assert AddressPolicy(["::1/128"]).is_allowed("::1")
    assert not AddressPolicy(["::1/128"]).is_allowed("127.0.0.1")
