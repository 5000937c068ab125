"""Which network addresses may be read from."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from clip_embeddings.ingestion.read.local import UnusableFile

# A family and what `socket.connect` takes.
Target = tuple[socket.AddressFamily, Any]

# Not public, though the tables of some or all releases of Python do not say so.
_INSIDE: dict[str, IPv4Network | IPv6Network] = {
    "a cloud's own service": IPv4Network("168.63.129.16/32"),  # Azure's, on every machine of it
    "an IPv6 tunnel": IPv6Network("2002::/16"),  # 6to4
    "an old IPv6 tunnel": IPv6Network("2001::/32"),  # Teredo
    "a local translation": IPv6Network("64:ff9b:1::/48"),  # RFC 8215
}
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached
_KINDS = ("unspecified", "loopback", "link_local", "site_local", "multicast", "private", "reserved")


def kind_of(address: IPv4Address | IPv6Address) -> str | None:
    """Say what an address is that is not public, such as "loopback"; None for a public one."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        if inner is not None:
            return kind_of(inner)
    for kind, network in _INSIDE.items():
        if address in network:
            return kind
    for kind in _KINDS:
        if getattr(address, f"is_{kind}", False):
            return kind.replace("_", "-")
    return None if address.is_global else "not public"


def resolved(host: str, port: int, *, allow_private: bool) -> list[Target]:
    """Look a host up, once: families and socket addresses to connect to, every one of them checked.

    The system's own look-up is asked, so whatever spelling of an address it understands (0x7f.1, 2130706433)
    is checked as what it means.

    Raises:
        UnusableFile: unknown, or one of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnusableFile(f"its host {host!r} cannot be found ({reason})") from error
    targets: list[Target] = [(family, target) for family, _, _, _, target in found]
    for _, target in targets:
        address = str(target[0])
        kind = kind_of(ip_address(address.partition("%")[0]))
        if kind and not allow_private:
            raise UnusableFile(
                f"its host {host!r} is at {address} ({kind}); only public addresses are read. Where your own "
                "network is meant, download the file and give its path"
            )
    return targets
