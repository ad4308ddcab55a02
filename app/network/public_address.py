"""Which addresses are on the internet, rather than this computer or its network."""

from __future__ import annotations

import ipaddress

# What `ipaddress` counts as global, or counted so before Python 3.12.4, and is not, or which has an
# address of IPv4 in it that may be any: translated, tunnelled, or of forms long given up.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2002::/16",
        "5f00::/16",
        "fec0::/10",
    )
)
_LOCAL_ENDINGS = (
    "localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private",
    "home.arpa",
)  # fmt: skip


def is_public(address: str) -> bool:
    """Return whether an address of IPv4 or IPv6 is one on the internet, for one computer."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    special = (
        found.is_multicast
        or found.is_reserved
        or found.is_unspecified
        or found.is_loopback
        or found.is_link_local
        or found.is_private
    )
    return found.is_global and not special and not any(found in each for each in _NOT_PUBLIC)


def may_be_public(host: str) -> bool:
    """Return whether a name, or an address, may lead to the internet, without looking it up.

    That is all that can be known where a proxy looks names up.
    """
    name = host.strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        last = name.rpartition(".")[2]
        # A last label of digits is an address in a form of old: 127.1, 0x7f.1, 2130706433.
        is_number = last.isdecimal() or (last.startswith("0x") and last[2:].isalnum())
        is_local = any(name == each or name.endswith(f".{each}") for each in _LOCAL_ENDINGS)
        return "." in name and not is_local and not is_number
    return is_public(name)
