"""How often one peer may try. In memory only, under a key that dies with the process (security A1, A7)."""

import hashlib
import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta
from itertools import islice

MOST_PEERS = 50_000  # about 10 MB; when full, the one counted longest is forgotten


class Pace:
    """At most `most` acts in any `per`; the count of a peer is forgotten `per` after its first act."""

    def __init__(self, most: int, per: timedelta) -> None:
        self._most, self._per = most, per
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, tuple[datetime, int]] = {}

    def allows(self, peer: str, now: datetime) -> bool:
        """Count one act of `peer` and say whether it may happen."""
        name = hmac.digest(self._key, peer.encode(), hashlib.sha256)[:16]
        self._forget(name, now)
        since, count = self._seen.get(name, (now, 0))
        self._seen[name] = (since, count + 1)
        return count < self._most

    def _forget(self, name: bytes, now: datetime) -> None:
        """Drop peers whose time is over: this one, and some of the oldest (in order of their first act)."""
        for one in [name, *islice(self._seen, 100)]:
            since, _ = self._seen.get(one, (now, 0))
            if not timedelta(0) <= now - since < self._per:
                self._seen.pop(one, None)
        if name not in self._seen and len(self._seen) >= MOST_PEERS:
            del self._seen[next(iter(self._seen))]


def peer_of(host: str | None) -> str:
    """The part of an address that one household shares: an IPv6 /64, an IPv4 address, "" for none."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
