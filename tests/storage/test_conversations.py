"""A talk is saved whole or not at all, found again by its code only, and never saved over what was forgotten."""

import dataclasses
from datetime import datetime

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from storage import conversations, editions, inbox, keeping, outbox
from storage.conversations import Conversation, KeptText
from storage.tables import conversations as talks_table
from storage.tables import shred as shred_table
from storage.tables import texts
from storage.vault import Broken, Forgotten, KeyTrouble, Vault
from storage.work import Database
from tests.storage.old.make import EDITION
from tests.storage.world import DAY, HOUR, MINUTE, NOW, draft, letter, say, talk


async def loaded(db: Database, vault: Vault, number: int) -> Conversation:
    async with db.reading() as conn:
        return (await conversations.load(conn, vault, [number]))[number]


async def save(db: Database, vault: Vault, *talks: Conversation) -> None:
    async with db.work() as w:
        await conversations.save(w, vault, talks)


async def test_what_is_saved_is_loaded_again_all_of_it(db: Database, vault: Vault) -> None:
    async with db.work() as w:
        await editions.publish(w, EDITION)
    number = await talk(db, vault)
    saved = dataclasses.replace(
        await loaded(db, vault, number),
        lang="ar",
        mode="human",
        edition="e-1",
        state='{"scene":"اختبار"}',
        keep="follow",
        zone="Europe/Berlin",
        country="DE",
        register="sie",
        hidden_until=NOW + HOUR,
        stopped_at=NOW - HOUR,
        unreachable_at=NOW - MINUTE,
        code="1234 5678",
        seen_at=NOW + MINUTE,
    )
    await save(db, vault, saved)
    assert await loaded(db, vault, number) == saved
    emptied = dataclasses.replace(saved, state="", code="", edition="", hidden_until=None)
    await save(db, vault, emptied)
    assert await loaded(db, vault, number) == dataclasses.replace(emptied, edition=None)


async def test_many_talks_are_saved_each_as_it_is(db: Database, vault: Vault) -> None:
    await inbox.accept(db, vault, [letter(n, f"p{n}") for n in range(70)])
    async with db.work() as w:
        numbers = (await w.conn.execute(select(talks_table.c.id))).scalars().all()
        assert len(numbers) == 70
        talks = await conversations.load(w, vault, [*numbers, 9999])
        assert sorted(talks) == sorted(numbers)
        for number, one in talks.items():
            one.state = f"state {number}"
        await conversations.save(w, vault, list(talks.values()))
    async with db.reading() as conn:
        again = await conversations.load(conn, vault, numbers)
    assert {number: one.state for number, one in again.items()} == {n: f"state {n}" for n in numbers}
    await save(db, vault)  # nothing to save is no error


async def test_who_a_talk_belongs_to_is_not_changed_by_saving(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    before = await loaded(db, vault, number)
    await save(db, vault, dataclasses.replace(before, channel="x", pid="x", created_at=NOW + DAY, state="s"))
    assert await loaded(db, vault, number) == dataclasses.replace(before, state="s")


@pytest.mark.parametrize("meanwhile", ["forgotten", "removed"])
async def test_a_talk_that_was_forgotten_meanwhile_is_not_saved_over(
    db: Database, vault: Vault, meanwhile: str
) -> None:
    number, other = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    mine, theirs = await loaded(db, vault, number), await loaded(db, vault, other)
    async with db.work() as w:
        if meanwhile == "forgotten":
            await keeping.forget(w, vault, number, NOW)
        else:
            await keeping.hand_over(w, vault, number, other)
    mine.state = theirs.state = "secret"
    with pytest.raises(Forgotten):
        await save(db, vault, theirs, mine)
    assert (await loaded(db, vault, other)).state == ""  # the whole work is undone, the turn is done again


async def test_a_talk_whose_key_is_gone_comes_back_blank(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    one = await loaded(db, vault, number)
    await save(db, vault, dataclasses.replace(one, state="secret", code="77"))
    await vault.destroy([one.kid])
    assert await loaded(db, vault, number) == one
    async with db.reading() as conn:
        assert await conversations.address(conn, vault, number) is None


async def test_a_letter_to_a_talk_whose_key_is_gone_begins_it_anew(db: Database, vault: Vault) -> None:
    """A backup was restored that still knows a forgotten talk; the family writes and is heard, as if for the first time."""
    number = await talk(db, vault)
    one = await loaded(db, vault, number)
    await save(db, vault, dataclasses.replace(one, state="secret", keep="follow"))
    await say(db, vault, draft(number, "old"))
    await vault.destroy([one.kid])
    assert await inbox.accept(db, vault, [letter(2), letter(3)]) == [True, True]
    fresh = await loaded(db, vault, number)
    assert fresh.kid != one.kid
    assert (fresh.state, fresh.keep) == ("", "")
    async with db.work() as w:
        rows = (await inbox.take(w, vault, NOW, 9))[number]
        assert [row.body for row in rows] == [b"letter 2", b"letter 3"]
        assert await conversations.address(w, vault, number) == "to-anna"
        assert await outbox.waiting(w) == 0


async def test_a_saved_talk_that_was_tampered_with_is_not_taken_for_an_empty_one(
    db: Database, vault: Vault
) -> None:
    first, second = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    await save(db, vault, dataclasses.replace(await loaded(db, vault, first), state="mine"))
    async with db.work() as w:
        state = select(talks_table.c.state).where(talks_table.c.id == first).scalar_subquery()
        await w.conn.execute(update(talks_table).where(talks_table.c.id == second).values(state=state))
    with pytest.raises(Broken):
        await loaded(db, vault, second)


async def test_a_return_code_finds_its_talk_and_no_other(db: Database, vault: Vault) -> None:
    first, second = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    await save(db, vault, dataclasses.replace(await loaded(db, vault, first), code="1111"))
    async with db.reading() as conn:
        assert await conversations.by_code(conn, conversations.code_mark(vault, "1111")) == (
            first,
            "telegram",
        )
        assert await conversations.by_code(conn, conversations.code_mark(vault, "1112")) is None
        assert await conversations.by_code(conn, b"") is None
    with pytest.raises(IntegrityError):  # one code never opens two talks
        await save(db, vault, dataclasses.replace(await loaded(db, vault, second), code="1111"))


async def test_a_talk_moves_to_the_browser_where_its_code_was_used(db: Database, vault: Vault) -> None:
    number = await talk(db, vault, "old-browser")
    await save(db, vault, dataclasses.replace(await loaded(db, vault, number), state="mine"))
    async with db.work() as w:
        await conversations.move(w, vault, number, "new-browser")
    async with db.reading() as conn:
        assert await conversations.find(conn, "telegram", vault.pid("telegram", "new-browser")) == number
        assert await conversations.find(conn, "telegram", vault.pid("telegram", "old-browser")) is None
        assert await conversations.address(conn, vault, number) == "new-browser"
    assert (await loaded(db, vault, number)).state == "mine"
    await inbox.accept(db, vault, [letter(5, "old-browser")])  # the old browser is a stranger from now on
    async with db.work() as w:
        assert number not in await inbox.take(w, vault, NOW, 9)
        await conversations.move(w, vault, number, "new-browser")  # moving to where it is changes nothing
    assert (await loaded(db, vault, number)).state == "mine"


async def test_what_was_written_in_the_new_browser_goes_over_with_it(db: Database, vault: Vault) -> None:
    number = await talk(db, vault, "old-browser", 1)
    await inbox.accept(db, vault, [letter(2, "new-browser", b"my code is"), letter(3, "new-browser")])
    async with db.work() as w:
        there = await conversations.find(w, "telegram", vault.pid("telegram", "new-browser"))
        assert there is not None
        rows = (await inbox.take(w, vault, NOW, 9, only=there))[there]
        await conversations.move(w, vault, number, "new-browser")
        await inbox.done(w, [rows[0].id])  # the turn still holds the rows it has taken
    async with db.work() as w:
        taken = await inbox.take(w, vault, NOW, 9)
        assert {n: [row.body for row in rows] for n, rows in taken.items()} == {number: [b"letter 3"]}
        assert await conversations.address(w, vault, number) == "to-new-browser"
        assert await keeping.left_behind(w, there, "") == []
        assert len((await w.conn.execute(select(shred_table))).all()) == 1


async def test_blocked_families_are_marked(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    async with db.work() as w:
        await conversations.unreachable(w, number, NOW)
    assert (await loaded(db, vault, number)).unreachable_at == NOW


async def test_the_last_agreement_counts(db: Database, vault: Vault) -> None:
    number, other = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    async with db.work() as w:
        await conversations.agree(w, number, "limits", "v1", "de", NOW)
        await conversations.agree(w, number, "keep", "v1", "de", NOW)
        await conversations.agree(w, number, "limits", "v2", "fa", NOW + HOUR)
        assert await conversations.agreements(w, number) == {
            "limits": ("v2", "fa", NOW + HOUR),
            "keep": ("v1", "de", NOW),
        }
        assert await conversations.agreements(w, other) == {}


async def test_no_words_are_kept_before_the_limits_are_agreed_to(db: Database, vault: Vault) -> None:
    """Promise 5, held by the database: not by our good intentions."""
    number, other = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    async with db.work() as w:
        await conversations.agree(w, number, "follow", "v1", "de", NOW)  # another agreement is not this one
        await conversations.agree(w, other, "limits", "v1", "de", NOW)  # nor is another family's
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await conversations.keep_text(w, vault, number, "worry", "my own words", NOW)
    async with db.work() as w:
        await conversations.agree(w, number, "limits", "v1", "de", NOW)
        await conversations.keep_text(w, vault, number, "worry", "my own words", NOW)
    async with db.reading() as conn:
        [kept] = await conversations.kept_texts(conn, vault, number)
    assert kept == KeptText(kept.id, None, "worry", "my own words", NOW)


AROUND = (
    "INSERT INTO texts (conversation_id, agreed_to, name, sealed, at) VALUES ({0}, 'limits', 'n', {1}, {2})",
    "INSERT INTO texts (conversation_id, agreed_to, name, sealed, at) VALUES ({0}, 'follow', 'n', {1}, {2})",
    "INSERT INTO texts (conversation_id, agreed_to, name, sealed, at) VALUES ({0}, NULL, 'n', {1}, {2})",
    "INSERT INTO texts (conversation_id, name, sealed, at) VALUES ({0}, 'n', {1}, {2})",
)


@pytest.mark.parametrize("way", range(len(AROUND)))
async def test_there_is_no_way_around_the_agreement(db: Database, vault: Vault, way: int) -> None:
    number = await talk(db, vault)
    async with db.work() as w:
        await conversations.agree(w, number, "follow", "v1", "de", NOW)
    cell = "x'00'" if db.dialect == "sqlite" else r"'\x00'::bytea"
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await w.conn.execute(text(AROUND[way].format(number, cell, "'2030-01-15 12:00:00.000000'")))
    assert await _texts(db) == 0


async def test_an_agreement_cannot_be_taken_away_under_the_words_it_allowed(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    async with db.work() as w:
        await conversations.agree(w, number, "limits", "v1", "de", NOW)
        await conversations.keep_text(w, vault, number, "worry", "words", NOW)
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await w.conn.execute(text("DELETE FROM agreements"))
    assert await _texts(db) == 1


async def _texts(db: Database) -> int:
    async with db.reading() as conn:
        return len((await conn.execute(select(texts))).all())


async def test_only_the_desk_reads_the_words_again(db: Database, vault: Vault, key_folder) -> None:  # type: ignore[no-untyped-def]
    number = await talk(db, vault)
    (key_folder / "team.key").unlink()
    bot = Vault.at(key_folder)
    words = "half a \ud83d character\x00 and a line\n"
    async with db.work() as w:
        await conversations.agree(w, number, "limits", "v1", "de", NOW)
        await conversations.keep_text(w, bot, number, "worry", words, NOW)
    async with db.reading() as conn:
        with pytest.raises(KeyTrouble):
            await conversations.kept_texts(conn, bot, number)
        assert [kept.text for kept in await conversations.kept_texts(conn, vault, number)] == [words]
        assert await conversations.kept_texts(conn, vault, number, case_id=1) == []
    bot.close()


async def test_words_for_a_talk_that_is_gone_are_refused(db: Database, vault: Vault) -> None:
    with pytest.raises(Forgotten):
        async with db.work() as w:
            await conversations.keep_text(w, vault, 41, "worry", "words", NOW)


@pytest.mark.parametrize(("value", "column"), [("odd", "mode"), ("odd", "keep")])
async def test_an_unknown_state_is_refused_by_the_database(
    db: Database, vault: Vault, value: str, column: str
) -> None:
    number = await talk(db, vault)
    one = await loaded(db, vault, number)
    setattr(one, column, value)
    with pytest.raises(IntegrityError):
        await save(db, vault, one)


@pytest.mark.parametrize(
    ("seen", "keep", "kept"), [(NOW, "", True), (NOW + MINUTE, "", False), (NOW, "follow", False)]
)
async def test_a_new_contact_or_another_wish_starts_the_clock_of_keeping_anew(
    db: Database, vault: Vault, seen: datetime, keep: str, kept: bool
) -> None:
    number = await talk(db, vault)
    async with db.work() as w:
        await w.conn.execute(update(talks_table).values(delete_after=NOW + DAY))
    one = await loaded(db, vault, number)
    one.state, one.seen_at, one.keep = "s", seen, keep
    await save(db, vault, one)
    assert (await loaded(db, vault, number)).delete_after == (NOW + DAY if kept else None)
