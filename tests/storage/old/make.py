"""Make the fixtures of a release: `python -m tests.storage.old.make 0001`. Only once each."""

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from nacl.public import PrivateKey

from storage import conversations, editions, inbox, outbox
from storage.keys import KeyStore
from storage.tables import cases, follow_ups
from storage.vault import Vault
from storage.work import Database, migrate, open_database
from tests.databases import Cluster, programs
from tests.storage.world import DAY, HOUR, NOW, draft, letter, talk

HERE = Path(__file__).parent
EDITION = editions.Edition(
    "e-1", {"sheets": {"first": "# A sheet"}, "words": {"en": {}}, "drafts": []}, NOW, "x"
)


def write_ring(folder: Path) -> None:
    """Keys that protect nothing, the same in every test."""
    folder.mkdir()
    team = PrivateKey(b"\3" * 32)
    keys = {
        "kek-1.key": b"\1" * 32,
        "id.key": b"\2" * 32,
        "team.key": bytes(team),
        "team.pub": bytes(team.public_key),
    }
    for name, key in keys.items():
        (folder / name).write_text(key.hex())


async def fill(db: Database, vault: Vault) -> None:
    """One row of every kind, sealed, by nobody about nothing."""
    async with db.work() as w:
        await editions.publish(w, EDITION)
    number = await talk(db, vault)
    await inbox.accept(db, vault, [letter(2), letter(3, "ben")])
    async with db.work() as w:
        saved = (await conversations.load(w, vault, [number]))[number]
        saved.lang, saved.state, saved.code, saved.edition, saved.keep = (
            "fa",
            '{"scene":"x"}',
            "1234567890",
            "e-1",
            "follow",
        )
        await conversations.save(w, vault, [saved])
        await conversations.agree(w, number, "limits", "v1", "fa", NOW)
        opened = {
            "conversation_id": number,
            "queue": "families",
            "level": "T2",
            "urgent": False,
            "opened_at": NOW,
        }
        case = (await w.conn.execute(cases.insert().values(opened).returning(cases.c.id))).scalar_one()
        await conversations.keep_text(w, vault, number, "worry", "words for the team", NOW, case)
        await outbox.put(w, vault, [draft(number, "k-1"), draft(number, "k-2", "safety", lane=0)], NOW)
        await inbox.put(w, vault, number, "due-1", {"event": "due"}, NOW + HOUR)
        planned = {
            "plan": "p",
            "occurrence": 1,
            "scene": "s",
            "wall": "2030-01-16T10:00",
            "zone": "Asia/Tehran",
        }
        await w.conn.execute(follow_ups.insert(), planned | {"conversation_id": number, "due_at": NOW + DAY})


async def filled(url: str, vault: Vault) -> None:
    await migrate(url)
    db = await open_database(url)
    await fill(db, vault)
    await db.close()


def make(release: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for kind in ("sqlite", "sql"):
            home = Path(scratch) / kind
            home.mkdir()
            write_ring(home / "keys")
            KeyStore.create(home / "keys" / "keys.db")
            vault = Vault.at(home / "keys")
            if kind == "sqlite":
                _sqlite(home / "beside.db", vault, HERE / f"{release}.sqlite")
            else:
                _postgres(vault, HERE / f"{release}.sql")
            vault.close()
            _small(home / "keys" / "keys.db", HERE / f"{release}.{kind}.keys")


def _sqlite(file: Path, vault: Vault, to: Path) -> None:
    asyncio.run(filled(f"sqlite:///{file}", vault))
    _small(file, to)


def _small(file: Path, to: Path) -> None:
    line = sqlite3.connect(file)
    for step in ("PRAGMA journal_mode=DELETE", "PRAGMA page_size=512", "VACUUM"):
        line.execute(step)
    line.close()
    to.write_bytes(file.read_bytes())


def _postgres(vault: Vault, to: Path) -> None:
    found = programs()
    assert found is not None
    cluster = Cluster.start(found)
    try:
        asyncio.run(filled(cluster.create("old"), vault))
        dump = [
            str(found / "pg_dump"),
            "-h",
            str(cluster.folder),
            "-U",
            "postgres",
            "--inserts",
            "--no-owner",
            "old",
        ]
        written = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    finally:
        cluster.stop()
    lines = [line for line in written.splitlines() if line and not line.startswith(("--", "\\"))]
    to.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    make(sys.argv[1])
