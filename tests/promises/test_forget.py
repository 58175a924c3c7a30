"""Promise 6: forgotten means forgotten, on disk, in the log, and in a backup that somebody brings back."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import keeping, places, tables
from storage.vault import Forgotten, Vault
from storage.work import Database, open_database
from tests.promises.conftest import bring_edition, town
from tests.promises.family import Family, Town

PLANTED = 100


def canary(number: int) -> str:
    """Words that stand nowhere else; every fifth in another script."""
    return f"كناري{number:03d}وسر" if number % 5 == 0 else f"canary{number:03d}secret"


def spellings(word: str) -> list[bytes]:
    """The ways a word can lie on a disk."""
    return list(
        {word.encode(), json.dumps(word)[1:-1].encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
    )


def found_in(home: Path, words: list[str]) -> list[str]:
    """Which words can be read in some file below a folder, byte by byte."""
    whole = [path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()]
    return [word for word in words if any(form in content for form in spellings(word) for content in whole)]


async def plant(family: Family, words: Iterator[str]) -> None:
    """A family tells everything, in every way there is. Uses up all the words but those of the name."""
    person = family.person
    await family.do("hello", "lang:en")
    await family.say(*(next(words) for _ in range(5)))  # before anybody agreed: not kept
    await family.do("/person", "people.short-yes")
    await family.say(*(next(words) for _ in range(50)))  # their own words, for the counsellor
    for _ in range(8):
        person.send_photo(caption=next(words))
        person.send_document(b"x", name=f"{next(words)}.txt", caption=next(words))
    line = person.write("to be changed")
    for _ in range(4):
        person.edit(line, next(words))
    message = person.chat().messages[family.last_question().id]
    for _ in range(8):
        person.world.tap(person.user, message, next(words))
    person.forward(next(words), author=next(words))
    odd = {
        "message_id": 1,
        "chat": {"id": person.id, "type": "private"},
        "forward_origin": {"type": "hidden_user"},
    }
    for word in words:  # nobody can decode these; they are put aside, sealed
        family.town.api.faults.raw_update(family.town.api.bot(), {"message": {**odd, "text": word}})
    await family.town.quiet()


async def cells(conn: AsyncConnection, vault: Vault) -> list[tuple[str, bytes | None]]:
    """Every sealed cell of a database, as this vault opens it; None when it does not."""
    found: list[tuple[str, bytes | None]] = []
    talks = {row.id: row for row in await conn.execute(select(tables.conversations))}
    for table in tables.metadata.sorted_tables:
        sealed = [
            c.name for c in table.c if isinstance(c.type, LargeBinary) and c.name not in ("code_mac", "value")
        ]
        for row in await conn.execute(select(table)) if sealed else []:
            talk = talks[row.id if table is tables.conversations else row.conversation_id]
            there = [(name, cell) for name in sealed if (cell := getattr(row, name)) is not None]
            found += [(table.name, opened(vault, talk, table.name, name, row, cell)) for name, cell in there]
    return found


def opened(vault: Vault, talk: Any, table: str, name: str, row: Any, cell: bytes) -> bytes | None:
    where = {
        "conversations": lambda: f"conversations.{name}:{row.id}",
        "addresses": lambda: places.address(talk.pid),
        "inbox": lambda: places.body(row.channel, row.outer_id),
        "outbox": lambda: places.payload(row.key),
        "texts": lambda: places.text(row.conversation_id, row.name, row.at),
    }[table]()
    try:
        return (
            vault.open_for_team(talk.kid, where, cell)
            if table == "texts"
            else vault.open(talk.kid, where, cell)
        )
    except Forgotten:
        return None


async def readable(url: str, keys: Path, words: list[str]) -> list[str]:
    """Which words somebody with this database and these keys can read."""
    vault, db = Vault.at(keys), await open_database(url)
    async with db.reading() as conn:
        plain = [text for _, text in await cells(conn, vault) if text is not None]
    await db.close()
    vault.close()
    return [word for word in words if any(form in text for form in spellings(word) for text in plain)]


async def everything(db: Database) -> bytes:
    """All rows of all tables, as one heap of bytes."""
    heap = b""
    async with db.reading() as conn:
        for table in tables.metadata.sorted_tables:
            if table is not tables.editions:
                for row in await conn.execute(select(table)):
                    heap += b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row) + b"\n"
    return heap


def a_family_with_a_name(place: Town, words: list[str]) -> Family:
    first, last, username = words[:3]
    return place.family(first, last_name=last, username=username)


async def test_after_delete_everything_not_one_of_a_hundred_words_can_be_read_anywhere(
    home: Path, tmp_path: Path
) -> None:
    words = [canary(n) for n in range(PLANTED)]
    async with town(home) as place:
        family = a_family_with_a_name(place, words)
        everything_about_them = [*words, str(family.person.id)]
        await plant(family, iter(words[3:]))
        told = await family.kept()
        backup = Path(
            shutil.copytree(home, tmp_path / "backup")
        )  # with keys: what a thief has who came before
        assert found_in(home, everything_about_them) == [], "already before, nothing lies there in clear"

        await family.do("/mydata", "always.mine-early-yes", "always.delete-yes")
        assert family.news()[-1].text == place.text("always.deleted-ok")
        assert found_in(home, everything_about_them) == []
        async with place.open.house.db.reading() as conn:
            assert await keeping.left_behind(conn, (await family.talk()).id, family.pid) == []

        sends = len(place.api.calls("sendMessage"))
        place.open.clock.ahead += timedelta(days=60)
        await place.open.house.dispatch(place.open.clock())
        await place.open.quiet()
        assert len(place.api.calls("sendMessage")) == sends, "nothing is sent to somebody who was forgotten"
    assert found_in(home, everything_about_them) == [], "also when the house has closed"

    database = f"sqlite:///{backup / 'data' / 'beside.db'}"
    could = await readable(database, backup / "keys", words)
    print(f"\nplanted {len(words)}, kept for the counsellor {len(told)}, readable with old keys {len(could)}")
    assert set(words[8:58]) <= set(told), "the words were there, and the team could read them"
    assert set(words[8:58]) < set(could), "the control: with the keys of then, the backup can be read"
    assert await readable(database, home / "keys", words) == [], "with the keys that are left, it can not"


def test_the_search_finds_what_lies_in_clear(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    words = [canary(n) for n in range(PLANTED)]
    (tmp_path / "deep" / "notes.bin").write_bytes(b"\0".join(json.dumps(w).encode() for w in words[:50]))
    (tmp_path / "more.bin").write_bytes("".join(words[50:]).encode("utf-16-le"))
    assert found_in(tmp_path, words) == words


async def beside(*arguments: str, home: Path, url: str) -> tuple[int, str]:
    """The operator's command line, as another process next to the running house."""
    settings = {
        "BESIDE_DATABASE_URL": url,
        "BESIDE_DATA_DIR": str(home / "data"),
        "BESIDE_KEYS_DIR": str(home / "keys"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, env={**os.environ, **settings}, stdout=-1, stderr=-1
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


async def test_the_operator_forgets_a_family_by_its_code(
    home: Path, database_url: str, tmp_path: Path
) -> None:
    words = [canary(n) for n in range(8)]
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{home / 'data' / 'beside.db'}"
    else:
        await bring_edition(database_url, home)
    async with town(home, database_url=database_url) as place:
        family = a_family_with_a_name(place, words)
        await family.do("hello", "lang:en")
        await family.walk(
            "first-contact.safe-yes", "limits.limits-yes", "limits.consent-keep", "people.code-ok"
        )
        code = (await family.talk()).code
        await family.do("/person")
        await family.say(*words[3:])
        assert await readable(database_url, home / "keys", words[3:]) == words[3:], (
            "the control: it was there"
        )
        old_keys = Path(shutil.copytree(home / "keys", tmp_path / "old-keys"))
        before = await place.rows(tables.inbox)

        if place.open.house.db.dialect == "sqlite":
            wrong = await beside("forget", "0000 0000 0000", home=home, url=database_url)
            assert wrong == (1, "There is no talk with this code.\n")
        returned, said = await beside("forget", code, home=home, url=database_url)
        assert returned == 0, said
        assert code not in said

        assert before
        assert await place.rows(tables.inbox) == []
        for keys in (home / "keys", old_keys):
            assert await readable(database_url, keys, [*words, code]) == []
        heap = await everything(place.open.house.db)
        assert [
            word for word in (*words, code, str(family.person.id)) if any(s in heap for s in spellings(word))
        ] == []
        assert found_in(home, [*words, code, str(family.person.id)]) == []

        await family.do("hello again")
        assert family.news()[-1].text == place.text("first-contact.hello-language"), (
            "a stranger, welcome as any"
        )


async def test_who_is_forgotten_by_a_scene_still_hears_its_last_word_and_keeps_their_chat(home: Path) -> None:
    """The press page says where to write and forgets; it was not asked to clear anybody's chat."""
    async with town(home) as place:
        family = place.family()
        await family.do("hello", "lang:en")
        await family.walk("first-contact.safe-yes", "limits.limits-yes", "limits.consent-keep")
        before = len(family.person.said())
        await family.do("first-contact.relation-press")
        said = [line.text for line in family.person.said()]
        assert place.text("people.press-thanks") in said
        assert len(said) > before
        assert (await family.talk()).state == ""
