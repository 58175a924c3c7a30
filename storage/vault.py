"""Seal and open. Each talk has a key of its own; destroy the key and the talk is forgotten wherever it lies.

Rule 1: A cell is bound to its place (`where`): moved to another row it does not open.
Rule 2: What is for the team lies inside the talk's own seal: the bot cannot read it, forget destroys it too.
Rule 3: A sealed cell tells its length in steps of 256 bytes only (security A4).
"""

import asyncio
import hmac
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from storage.keys import KEY, STORE, KeyRing, KeyStore, KeyTrouble

__all__ = ["Broken", "Forgotten", "KeyRing", "KeyStore", "KeyTrouble", "Vault", "as_bytes", "as_text"]

STEP = 256
_VERSION = b"\x01"
_NONCE = 12
_LEAST = len(_VERSION) + _NONCE + STEP + 16
_REWRAP_AT_ONCE = 500


class Forgotten(Exception):
    """The talk's key was destroyed: nothing of it can be read again, by anyone."""


class Broken(Exception):
    """A sealed cell was changed, or lies in a place where it was not sealed."""


def as_bytes(text: str) -> bytes:
    """Text as bytes. Half a character from a careless phone is kept as it came."""
    return text.encode("utf-8", "surrogatepass")


def as_text(plain: bytes) -> str:
    return plain.decode("utf-8", "surrogatepass")


class Vault:
    """Everything of a family that is stored passes here."""

    def __init__(self, ring: KeyRing, store: KeyStore, most: int = 20_000) -> None:
        """`most`: how many opened keys stay in memory; others are read again when they are needed."""
        self._ring = ring
        self._store = store
        self._most = most
        self._keys: OrderedDict[str, AESGCM] = OrderedDict()
        self._destroyed = 0  # counts destructions, so that a read that began before one is not believed
        self._keks = {name: AESGCM(key) for name, key in ring.keks.items()}
        self._mark_key = hmac.digest(ring.id_key, b"beside mark 1", "sha256")
        self._for_team = SealedBox(PublicKey(ring.team_pub))

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The vault of a key folder.

        Raises KeyTrouble with one sentence that names the file.
        """
        return cls(KeyRing.load(folder), KeyStore.open(folder / STORE))

    def close(self) -> None:
        self._store.close()
        self._keys.clear()

    # --- names nobody can turn back without our key (security F7) ---

    def pid(self, channel: str, person: str) -> str:
        """The one name we use for a person on a channel: 32 hex digits."""
        name = as_bytes(channel) + b"\0" + as_bytes(person)
        return hmac.digest(self._ring.id_key, name, "sha256").hex()[:32]

    def mark(self, *parts: str) -> bytes:
        """A keyed mark of some parts, 32 bytes: for button tokens and return codes."""
        framed = b"".join(len(part).to_bytes(8) + part for part in map(as_bytes, parts))
        return hmac.digest(self._mark_key, framed, "sha256")

    # --- keys of talks ---

    async def new_keys(self, n: int) -> list[str]:
        """Make keys for `n` talks; they are durable before the first row is sealed with them."""
        if not n:
            return []
        kek = self._ring.newest
        fresh = {secrets.token_hex(12): secrets.token_bytes(KEY) for _ in range(n)}
        rows = [(kid, kek, self._wrap(kek, kid, key)) for kid, key in fresh.items()]
        await asyncio.to_thread(self._store.add, rows)
        for kid, key in fresh.items():
            self._remember(kid, key)
        return list(fresh)

    async def fetch(self, kids: Iterable[str]) -> None:
        """Read many keys at once before they are used one by one; unknown ones are left out."""
        wanted = dict.fromkeys(kids)
        while missing := [kid for kid in wanted if kid not in self._keys]:
            before = self._destroyed
            found = await asyncio.to_thread(self._store.get, missing)
            if before == self._destroyed:  # else one of them may be gone since we read it
                for kid, (kek, wrapped) in found.items():
                    self._remember(kid, self._unwrap(kek, kid, wrapped))
                return

    async def missing(self, kids: Iterable[str]) -> set[str]:
        """Which of these keys are destroyed."""
        kids = list(dict.fromkeys(kids))
        await self.fetch(kids)
        unsure = [kid for kid in kids if kid not in self._keys]
        return set(unsure) - set(await asyncio.to_thread(self._store.get, unsure)) if unsure else set()

    async def destroy(self, kids: Iterable[str]) -> None:
        """Destroy keys for good. With the cells and every key that still exists, nobody reads them."""
        kids = list(dict.fromkeys(kids))
        await asyncio.to_thread(self._store.delete, kids)
        self._destroyed += 1
        for kid in kids:
            self._keys.pop(kid, None)

    async def rewrap(self, new_kek: str) -> int:
        """Move every key under another wrapping key (rotation); interrupted, it goes on where it stood.

        Returns how many were moved. Cells are not touched.
        """
        if new_kek not in self._keks:
            raise KeyTrouble(f"The key file kek-{new_kek}.key is missing.")
        moved = 0
        while rows := await asyncio.to_thread(self._store.not_under, new_kek, _REWRAP_AT_ONCE):
            swapped = [
                (kid, new_kek, self._wrap(new_kek, kid, self._unwrap(kek, kid, wrapped)), kek)
                for kid, kek, wrapped in rows
            ]
            await asyncio.to_thread(self._store.replace, swapped)
            moved += len(swapped)
        return moved

    # --- cells ---

    def seal(self, kid: str, where: str, plain: bytes) -> bytes:
        """Seal bytes with the talk's key for one place.

        Raises Forgotten when the talk has no key any more.
        """
        nonce = os.urandom(_NONCE)
        padded = plain + b"\x80" + bytes(-(len(plain) + 1) % STEP)
        return _VERSION + nonce + self._key(kid).encrypt(nonce, padded, _VERSION + as_bytes(where))

    def open(self, kid: str, where: str, sealed: bytes) -> bytes:
        """Open what `seal` made for this place.

        Raises Forgotten (no key any more) or Broken (changed, moved, or never ours).
        """
        key = self._key(kid)
        if len(sealed) < _LEAST or sealed[:1] != _VERSION:
            raise Broken("this is not a sealed cell")
        nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            padded = key.decrypt(nonce, rest, _VERSION + as_bytes(where))
        except InvalidTag:
            raise Broken("a sealed cell was changed or moved") from None
        return padded[: padded.rindex(b"\x80")]

    def seal_for_team(self, kid: str, where: str, plain: bytes) -> bytes:
        """Seal bytes that only the desk may read; this process cannot open them again without team.key."""
        return self.seal(kid, where, self._for_team.encrypt(plain))

    def open_for_team(self, kid: str, where: str, sealed: bytes) -> bytes:
        """Open what was sealed for the team.

        Raises KeyTrouble in a process without team.key, Forgotten or Broken as `open` does.
        """
        if self._ring.team_key is None:
            raise KeyTrouble("The key file team.key is not here: only the desk can read this.")
        inner = self.open(kid, where, sealed)
        try:
            return SealedBox(PrivateKey(self._ring.team_key)).decrypt(inner)
        except CryptoError:
            raise Broken("this was not sealed for this team") from None

    # --- inside ---

    def _key(self, kid: str) -> AESGCM:
        key = self._keys.get(kid)
        if key is not None:
            self._keys.move_to_end(kid)
            return key
        found = self._store.get([kid]).get(kid)
        if found is None:
            raise Forgotten("the key of this talk was destroyed")
        return self._remember(kid, self._unwrap(found[0], kid, found[1]))

    def _remember(self, kid: str, key: bytes) -> AESGCM:
        cipher = self._keys[kid] = AESGCM(key)
        while len(self._keys) > self._most:
            self._keys.popitem(last=False)
        return cipher

    def _wrap(self, kek: str, kid: str, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._keks[kek].encrypt(nonce, key, b"key:" + kid.encode())

    def _unwrap(self, kek: str, kid: str, wrapped: bytes) -> bytes:
        if kek not in self._keks:
            raise KeyTrouble(f"The key file kek-{kek}.key is missing; talks that it wraps cannot be read.")
        try:
            return self._keks[kek].decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"key:" + kid.encode())
        except InvalidTag:
            raise KeyTrouble(f"The key file kek-{kek}.key does not fit the keys in keys.db.") from None
