"""Where to write to a family: sealed, apart from the talk, deleted with it (security 3, "Ids")."""

from collections.abc import Iterable

from storage import places
from storage.rows import Adding
from storage.tables import addresses
from storage.vault import Broken, Forgotten, Vault, as_bytes, as_text
from storage.work import Work

_ADD = Adding(addresses, ("conversation_id", "sealed"), once=("conversation_id",))


async def keep(w: Work, vault: Vault, known: Iterable[tuple[int, str, str, str]]) -> None:
    """Keep addresses: rows of (conversation id, kid, pid, address). One that is there stays as it is."""
    rows = [
        {"conversation_id": number, "sealed": vault.seal(kid, places.address(pid), as_bytes(address))}
        for number, kid, pid, address in known
    ]
    await _ADD.run(w.conn, rows)


def opened(vault: Vault, kid: str, pid: str, sealed: bytes | None) -> str | None:
    """The address, or None when there is none, or nobody can read it any more."""
    if sealed is None:
        return None
    try:
        return as_text(vault.open(kid, places.address(pid), sealed))
    except (Forgotten, Broken):
        return None
