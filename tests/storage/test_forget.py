"""Forget means forgotten: no byte on the disk, no line in the log, and a restored backup opens nothing (promise 6).

Ten families, a hundred planted strings: in letters, in saved talks, in codes, addresses, texts and messages.
"""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select, text

from storage import conversations, inbox, keeping, outbox, places
from storage.inbox import Letter
from storage.outbox import Button, Draft, Parcel
from storage.tables import conversations as talks_table
from storage.tables import outbox as outbox_table
from storage.vault import Forgotten, Vault
from storage.work import Database, Work
from tests.databases import Cluster
from tests.storage.world import NOW, opened

FAMILIES = range(10)


def planted(family: int) -> dict[str, str]:
    names = ("person", "address", "letter", "parked", "state", "code", "worry", "summary", "said", "button")
    return {name: f"planted-{name}-{family}-kiwi" for name in names}


ALL = {string for family in FAMILIES for string in planted(family).values()}


async def live(db: Database, vault: Vault, family: int) -> int:
    """A family that has written, was answered, and gave its words to the team."""
    words = planted(family)

    def written(number: int, body: str) -> Letter:
        outer = f"{family}-{number}"
        return Letter("telegram", outer, number, words["person"], words["address"], body.encode(), None, NOW)

    await inbox.accept(db, vault, [written(1, words["letter"]), written(2, words["parked"])])
    async with db.work() as w:
        number = await conversations.find(w, "telegram", vault.pid("telegram", words["person"]))
        assert number is not None
        rows = (await inbox.take(w, vault, NOW, 1, only=number))[number]
        await inbox.park(w, rows[1].id, "unreadable")
        one = (await conversations.load(w, vault, [number]))[number]
        one.state, one.code, one.keep, one.country = words["state"], words["code"], "follow", "DE"
        await conversations.save(w, vault, [one])
        await conversations.agree(w, number, "limits", "v1", "en", NOW)
        await conversations.keep_text(w, vault, number, "worry", words["worry"], NOW)
        await conversations.keep_text(w, vault, number, "summary", words["summary"], NOW)
        parcel = Parcel(words["said"], "en", ((Button("t", words["button"]),),))
        await outbox.put(w, vault, [Draft(number, f"k-{family}", 1, "say", parcel)], NOW)
    return number


async def readable(db: Database, vault: Vault) -> set[str]:
    """Every planted string that the database gives back with all the keys there are."""
    found: list[str] = []
    async with db.reading() as conn:  # parked letters are opened, too, and lie as they lay afterwards
        w = Work(conn)
        found += [row.pid for row in await w.conn.execute(select(talks_table))]
        numbers = (await w.conn.execute(select(talks_table.c.id))).scalars().all()
        for one in (await conversations.load(w, vault, numbers)).values():
            found += [one.state, one.code, await conversations.address(w, vault, one.id) or ""]
            found += [repr(await outbox.history(w, vault, one.id))]
            try:
                found += [kept.text for kept in await conversations.kept_texts(w, vault, one.id)]
            except Forgotten:
                found.append("")
        await w.conn.execute(text("UPDATE inbox SET state = 'open' WHERE state = 'parked'"))
        for rows in (await inbox.take(w, vault, NOW, 99)).values():
            found += [(row.body or b"").decode() for row in rows]
    return {string for string in ALL if any(string in one for one in found)}


def _bytes(path: Path) -> bytes:
    """What a file holds; one that a running server took away meanwhile holds nothing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def on_disk(*folders: Path) -> set[str]:
    """Every planted string that lies in clear in any file below these folders."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    return {string for path in files for string in _in(_bytes(path), ALL)}


def _in(content: bytes, strings: set[str]) -> set[str]:
    return {string for string in strings if string.encode() in content}


PEOPLE = {planted(family)["person"] for family in FAMILIES}  # never stored: a person is a keyed name
ADDRESSES = {planted(family)["address"] for family in FAMILIES}


async def forget_all(db: Database, vault: Vault, numbers: list[int]) -> None:
    """As the turn does it: the letter is answered, the talk is forgotten, the keys are destroyed after the commit."""
    for number in numbers:
        async with db.work() as w:
            rows = (await inbox.take(w, vault, NOW, 1, only=number))[number]
            await keeping.forget(w, vault, number, NOW)
            await inbox.done(w, [row.id for row in rows])
    assert await keeping.shred(db, vault) == len(numbers)


async def test_after_forgetting_no_byte_on_the_disk_and_nothing_in_yesterdays_backup(
    sqlite_url: str, vault: Vault, key_folder: Path, tmp_path: Path
) -> None:
    data, backup = Path(sqlite_url.removeprefix("sqlite:///")).parent, tmp_path / "backup"
    async with opened(sqlite_url) as db:
        numbers = [await live(db, vault, family) for family in FAMILIES]
        assert await readable(db, vault) == ALL - PEOPLE  # the control: with the keys, everything is there
        assert {path.name for path in data.iterdir()} == {"beside.db", "beside.db-wal", "beside.db-shm"}
        assert on_disk(data, key_folder) == set()  # sealed from the first moment on
        kids = await _kids(db)
        wrapped = [cell for _, cell in vault._store.get(kids).values()]
        assert all(_below(key_folder, cell) for cell in wrapped)
        assert all(_below(data, kid.encode()) for kid in kids)
        shutil.copytree(data, backup)  # as a careless operator would: the files as they lie there

        await forget_all(db, vault, numbers)
        assert await readable(db, vault) == ADDRESSES  # under the new key, for the last word, for one day
        assert on_disk(data, key_folder) == set()
        assert not any(_below(key_folder, cell) for cell in wrapped)
        assert not any(_below(data, kid.encode()) for kid in kids)
        assert (data / "beside.db-wal").stat().st_size == 0
    await _restored_opens_nothing(f"sqlite:///{backup / 'beside.db'}", vault)


async def _restored_opens_nothing(url: str, vault: Vault) -> None:
    async with opened(url) as restored:
        async with restored.reading() as conn:
            talks = (await conn.execute(select(talks_table))).all()
            cells = [row.payload for row in await conn.execute(select(outbox_table))]
        assert len(talks) == len(FAMILIES)  # it is the old data ...
        assert all(row.state for row in talks)
        assert all(cells)
        assert await readable(restored, vault) == set()  # ... and nobody can open any of it
        for row in talks:
            with pytest.raises(Forgotten):
                vault.open(row.kid, places.state(row.id), row.state)


def _below(folder: Path, wanted: bytes) -> bool:
    return any(wanted in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def _kids(db: Database) -> list[str]:
    async with db.reading() as conn:
        return list((await conn.execute(select(talks_table.c.kid))).scalars())


async def test_the_search_finds_what_lies_in_clear(sqlite_url: str, vault: Vault) -> None:
    """The control: the same words in a clear column are found, and are still found after an ordinary DELETE."""
    data = Path(sqlite_url.removeprefix("sqlite:///")).parent
    async with opened(sqlite_url) as db:
        async with db.work() as w:
            for string in sorted(ALL):
                await w.conn.execute(
                    text("INSERT INTO shred (kid, at) VALUES (:kid, '2030-01-01')"), {"kid": string}
                )
        assert on_disk(data) == ALL
        async with db.work() as w:
            await w.conn.execute(text("DELETE FROM shred"))
        assert on_disk(data) == ALL  # the log still has it: deleting alone does not delete (security F6)
        await keeping.shred(db, vault)
        assert on_disk(data) == set()


async def test_a_restored_postgresql_backup_opens_nothing(
    postgres: Cluster, postgres_url: str, vault: Vault
) -> None:
    async with opened(postgres_url) as db:
        numbers = [await live(db, vault, family) for family in FAMILIES]
        assert await readable(db, vault) == ALL - PEOPLE
    name = postgres_url.partition("@/")[2].partition("?")[0]
    backup = postgres.create(f"{name}_backup", name)
    postgres.run("CHECKPOINT")
    assert on_disk(postgres.folder / "data" / "base", postgres.folder / "data" / "pg_wal") == set()
    async with opened(postgres_url) as db:
        await forget_all(db, vault, numbers)
        assert await readable(db, vault) == ADDRESSES
    await _restored_opens_nothing(backup, vault)
    postgres.drop(f"{name}_backup")


async def test_forgetting_one_family_leaves_the_others_whole(db: Database, vault: Vault) -> None:
    numbers = [await live(db, vault, family) for family in (0, 1)]
    await forget_all(db, vault, numbers[:1])
    theirs = set(planted(1).values()) - PEOPLE
    assert await readable(db, vault) == theirs | {planted(0)["address"]}
    async with db.reading() as conn:
        assert await keeping.left_behind(conn, numbers[0], vault.pid("telegram", planted(0)["person"])) == []
        assert await keeping.left_behind(conn, numbers[1], "") != []
