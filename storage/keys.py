"""The ring of keys (files) and the store of wrapped keys (one small database), both kept away from the data.

Rule 1: The bot's folder has no team.key: that process can write for the team and never read it back.
Rule 2: An error names the file, never the folder and never a byte of a key.
Rule 3: A key that is missing on the ring is trouble; a key that is missing in the store is a forgotten talk.
"""

import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nacl.public import PrivateKey

KEY = 32
STORE = "keys.db"
_AT_ONCE = 500  # placeholders in one statement


class KeyTrouble(Exception):
    """The keys are not as they must be; the sentence says which file and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys in files: `keks` wrap the talks' keys, `id_key` makes pids, `team_*` is the desk's pair."""

    keks: Mapping[str, bytes]
    id_key: bytes
    team_pub: bytes
    team_key: bytes | None

    def __repr__(self) -> str:
        return f"KeyRing(keks={sorted(self.keks)}, team_key={'present' if self.team_key else 'absent'})"

    @property
    def newest(self) -> str:
        return max(self.keks, key=int)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make a new ring and an empty key store in `folder`.

        Raises KeyTrouble when there are keys in it already: they are never overwritten.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.glob("*.key")) or (folder / STORE).exists():
            raise KeyTrouble(
                "This folder holds keys already; they are never overwritten. Choose an empty folder."
            )
        team = PrivateKey.generate()
        _write(folder, "kek-1.key", secrets.token_bytes(KEY))
        _write(folder, "id.key", secrets.token_bytes(KEY))
        _write(folder, "team.key", bytes(team))
        _write(folder, "team.pub", bytes(team.public_key))
        KeyStore.create(folder / STORE)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the ring. `team.key` may be absent.

        Raises KeyTrouble for a file that is missing, cannot be read, or does not hold 64 hex digits.
        """
        keks = {path.name[4:-4]: _read(folder, path.name) for path in sorted(folder.glob("kek-*.key"))}
        for name in keks:
            if not name.isascii() or not name.isdigit():
                raise KeyTrouble(f"The key file kek-{name}.key must be named by a number, like kek-1.key.")
        if not keks:
            raise KeyTrouble("The key file kek-1.key is missing.")
        team_pub = _read(folder, "team.pub")
        team_key = _read(folder, "team.key") if (folder / "team.key").exists() else None
        if team_key is not None and not hmac.compare_digest(bytes(PrivateKey(team_key).public_key), team_pub):
            raise KeyTrouble("The key files team.key and team.pub do not belong together.")
        return cls(keks=keks, id_key=_read(folder, "id.key"), team_pub=team_pub, team_key=team_key)

    @classmethod
    def add(cls, folder: Path) -> str:
        """Add a new wrapping key for a rotation and name it; the older ones stay until nothing needs them."""
        number = str(int(cls.load(folder).newest) + 1)
        _write(folder, f"kek-{number}.key", secrets.token_bytes(KEY))
        return number


def _write(folder: Path, name: str, key: bytes) -> None:
    try:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise KeyTrouble(f"The key file {name} could not be written.") from None
    with os.fdopen(handle, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(folder: Path, name: str) -> bytes:
    try:
        written = (folder / name).read_bytes()
    except FileNotFoundError:
        raise KeyTrouble(f"The key file {name} is missing.") from None
    except OSError:
        raise KeyTrouble(
            f"The key file {name} cannot be read; look at its owner and its permissions."
        ) from None
    try:
        key = bytes.fromhex(written.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise KeyTrouble(f"The key file {name} is damaged: it must hold 64 hex digits and nothing else.")
    return key


class KeyStore:
    """The talks' own keys, wrapped, in a database of their own: what is deleted here is deleted for good.

    Synchronous and safe to call from several threads; several processes may share the file.
    """

    def __init__(self, line: sqlite3.Connection) -> None:
        self._lock = threading.Lock()
        self._line = line

    @classmethod
    def create(cls, file: Path) -> None:
        """Make an empty store. Raises FileExistsError rather than touch one that is there."""
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        store = cls.open(file)
        with store._lock, store._line as line:
            line.execute("CREATE TABLE keys (kid TEXT PRIMARY KEY, kek TEXT NOT NULL, wrapped BLOB NOT NULL)")
            line.execute("CREATE INDEX keys_by_kek ON keys (kek)")
        store.close()

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open the store. It is never made here: an empty one would turn every talk into a forgotten one.

        Raises KeyTrouble when it is missing or damaged.
        """
        if not file.is_file():
            raise KeyTrouble(
                f"The key file {file.name} is missing: without it every talk counts as forgotten."
            )
        try:
            line = sqlite3.connect(file, timeout=5, check_same_thread=False)
            # DELETE, not WAL: a destroyed key must not live on in a log.
            for pragma in ("journal_mode=DELETE", "secure_delete=ON", "synchronous=FULL"):
                line.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            raise KeyTrouble(f"The key file {file.name} cannot be opened or is damaged.") from None
        return cls(line)

    def close(self) -> None:
        with self._lock:
            self._line.close()

    def add(self, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """Keep wrapped keys: rows of (kid, name of the wrapping key, wrapped key). Durable on return."""
        with self._lock, self._line as line:
            line.executemany("INSERT INTO keys (kid, kek, wrapped) VALUES (?, ?, ?)", rows)

    def get(self, kids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """The wrapped keys that are there, by kid, each with the name of its wrapping key."""
        found: dict[str, tuple[str, bytes]] = {}
        for part in _parts(kids):
            query = f"SELECT kid, kek, wrapped FROM keys WHERE kid IN ({_marks(part)})"  # noqa: S608
            with self._lock:
                found |= {kid: (kek, wrapped) for kid, kek, wrapped in self._line.execute(query, part)}
        return found

    def delete(self, kids: Sequence[str]) -> None:
        """Destroy keys, overwritten in the file, durable on return. One that is gone already is no error."""
        with self._lock, self._line as line:
            for part in _parts(kids):
                line.execute(f"DELETE FROM keys WHERE kid IN ({_marks(part)})", part)  # noqa: S608

    def not_under(self, kek: str, most: int) -> list[tuple[str, str, bytes]]:
        """Up to `most` keys that another wrapping key than `kek` still holds."""
        query = "SELECT kid, kek, wrapped FROM keys WHERE kek != ? LIMIT ?"
        with self._lock:
            return self._line.execute(query, (kek, most)).fetchall()

    def replace(self, rows: Iterable[tuple[str, str, bytes, str]]) -> None:
        """Swap wrappings: rows of (kid, new kek, new wrapping, old kek). A destroyed key stays destroyed."""
        with self._lock, self._line as line:
            line.executemany("UPDATE keys SET kek = ?2, wrapped = ?3 WHERE kid = ?1 AND kek = ?4", list(rows))

    def in_use(self) -> dict[str, int]:
        """How many talks each wrapping key still holds: a file may go when its number is not here."""
        with self._lock:
            return dict(self._line.execute("SELECT kek, count(*) FROM keys GROUP BY kek").fetchall())


def _parts(kids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (kids[start : start + _AT_ONCE] for start in range(0, len(kids), _AT_ONCE))


def _marks(part: Sequence[str]) -> str:
    return ",".join("?" * len(part))
