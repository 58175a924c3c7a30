"""Nothing is kept longer than we say, nothing is deleted too soon, and a wrong clock deletes nothing."""

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from storage import conversations, inbox, keeping, outbox
from storage.inbox import Letter
from storage.keeping import Swept, Terms, sweep
from storage.tables import OF_A_TALK, cases, follow_ups, metadata, shred
from storage.tables import conversations as talks_table
from storage.tables import inbox as inbox_table
from storage.tables import outbox as outbox_table
from storage.vault import Forgotten, KeyRing, KeyTrouble, Vault
from storage.work import Database
from tests.storage.world import DAY, HOUR, LEASE, MINUTE, NOW, draft, letter, say, talk


async def wish(db: Database, vault: Vault, number: int, keep: str, seen: datetime = NOW) -> None:
    async with db.work() as w:
        one = (await conversations.load(w, vault, [number]))[number]
        one.keep, one.seen_at, one.state, one.code = keep, seen, "where they stand", f"code {number}"
        await conversations.save(w, vault, [one])


async def open_case(db: Database, number: int) -> int:
    row = {"conversation_id": number, "queue": "families", "level": "T2", "urgent": False, "opened_at": NOW}
    async with db.work() as w:
        made: int = (await w.conn.execute(cases.insert().values(row).returning(cases.c.id))).scalar_one()
    return made


async def close_case(db: Database, case: int, at: datetime) -> None:
    async with db.work() as w:
        await w.conn.execute(update(cases).where(cases.c.id == case).values(state="closed", closed_at=at))


async def keep_words(db: Database, vault: Vault, number: int, case: int | None = None) -> None:
    async with db.work() as w:
        await conversations.agree(w, number, "limits", "v1", "en", NOW)
        await conversations.keep_text(w, vault, number, "worry", "words", NOW, case)


async def there(db: Database) -> set[int]:
    async with db.reading() as conn:
        return set((await conn.execute(select(talks_table.c.id))).scalars())


async def count(db: Database, table: object) -> int:
    async with db.reading() as conn:
        return (await conn.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keep", "kept"), [("session", 60 * MINUTE), ("", 30 * DAY), ("keep", 30 * DAY), ("follow", 30 * DAY)]
)
async def test_a_talk_goes_when_its_time_is_over_and_not_before(
    db: Database, vault: Vault, keep: str, kept: timedelta
) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, keep)
    await say(db, vault, draft(number, "k"))
    assert await sweep(db, vault, NOW + kept - MINUTE, False) == Swept(letters=1 if kept > 48 * HOUR else 0)
    async with db.reading() as conn:
        one = (await conversations.load(conn, vault, [number]))[number]
    assert one.delete_after == NOW + kept
    assert (await sweep(db, vault, NOW + kept, False)).talks == 1
    async with db.reading() as conn:
        assert await keeping.left_behind(conn, number, one.pid) == []
    assert await vault.missing([one.kid]) == {one.kid}  # and the key with it: the backups forget, too
    assert [await count(db, table) for table in (*OF_A_TALK, talks_table, shred)] == [0] * (
        len(OF_A_TALK) + 2
    )


async def test_a_new_contact_keeps_a_talk(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    await sweep(db, vault, NOW + 29 * DAY, False)
    await wish(db, vault, number, "follow", NOW + 29 * DAY)
    assert (await sweep(db, vault, NOW + 58 * DAY, False)).talks == 0
    assert (await sweep(db, vault, NOW + 59 * DAY, False)).talks == 1


async def test_an_unread_letter_an_open_case_and_an_agreed_follow_up_keep_a_talk(
    db: Database, vault: Vault
) -> None:
    unread, waiting, agreed, plain = [await talk(db, vault, f"p{n}", n) for n in range(4)]
    await sweep(db, vault, NOW, False)  # the clocks start
    await inbox.accept(db, vault, [letter(10, "p0")])
    case = await open_case(db, waiting)
    planned = {"plan": "p", "occurrence": 1, "scene": "s", "wall": "2030-03-16T10:00", "zone": "UTC"}
    async with db.work() as w:
        await w.conn.execute(
            follow_ups.insert(), planned | {"conversation_id": agreed, "due_at": NOW + 60 * DAY}
        )
    assert await sweep(db, vault, NOW + 40 * DAY, False) == Swept(due=1, talks=1, letters=3)
    assert await there(db) == {unread, waiting, agreed}
    async with db.work() as w:
        await inbox.done(w, (await w.conn.execute(select(inbox_table.c.id))).scalars().all())
        await w.conn.execute(update(follow_ups).values(state="done"))
    await close_case(db, case, NOW - 91 * DAY)
    await sweep(db, vault, NOW + 40 * DAY, False)
    await sweep(db, vault, NOW + 71 * DAY, False)
    assert await there(db) == set()
    assert plain not in await there(db)


async def test_a_closed_case_keeps_its_words_for_ninety_days_and_nothing_else(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    case = await open_case(db, number)
    await keep_words(db, vault, number, case)
    await say(db, vault, draft(number, "k"))
    await close_case(db, case, NOW + DAY)
    await sweep(db, vault, NOW + 2 * DAY, False)
    swept = await sweep(db, vault, NOW + 30 * DAY, False)
    assert (swept.talks, swept.emptied, swept.texts) == (0, 1, 0)
    async with db.reading() as conn:
        one = (await conversations.load(conn, vault, [number]))[number]
        assert (one.state, one.code, one.keep) == ("", "", "")
        assert await conversations.address(conn, vault, number) is None
        assert [kept.text for kept in await conversations.kept_texts(conn, vault, number)] == ["words"]
    assert await count(db, outbox_table) == 0
    assert (await sweep(db, vault, NOW + 31 * DAY, False)).emptied == 0  # once is enough
    assert (await sweep(db, vault, NOW + 91 * DAY, False)).talks == 1
    assert await there(db) == set()


async def test_a_family_that_comes_back_while_its_case_is_kept_is_heard_and_answered(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    case = await open_case(db, number)
    await close_case(db, case, NOW + 29 * DAY)
    await sweep(db, vault, NOW, False)
    assert (await sweep(db, vault, NOW + 30 * DAY, False)).emptied == 1
    assert await inbox.accept(db, vault, [letter(2), letter(3)]) == [True, True]
    await say(db, vault, draft(number, "answer"))
    async with db.work() as w:
        assert list(await inbox.take(w, vault, NOW, 9)) == [number]
        [sending] = await outbox.claim(w, vault, NOW, 9, LEASE, "x")
    assert sending.address == "to-anna"


async def test_the_words_of_a_case_go_even_when_the_talk_goes_on(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    case = await open_case(db, number)
    await keep_words(db, vault, number, case)
    await keep_words(db, vault, number)  # written outside the case
    assert (await sweep(db, vault, NOW + 200 * DAY, False)).texts == 0  # the case is open
    await close_case(db, case, NOW)
    await wish(db, vault, number, "follow", NOW + 89 * DAY)
    assert (await sweep(db, vault, NOW + 90 * DAY - MINUTE, False)).texts == 0
    assert (await sweep(db, vault, NOW + 90 * DAY, False)).texts == 2
    await keep_words(db, vault, number)
    assert (await sweep(db, vault, NOW + 90 * DAY - MINUTE, False)).texts == 0
    assert (await sweep(db, vault, NOW + 90 * DAY, False)).texts == 1
    assert await there(db) == {number}


async def test_that_a_letter_was_here_is_forgotten_after_two_days(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "sent"), draft(number, "open"))
    async with db.work() as w:
        [sending] = await outbox.claim(w, vault, NOW, 1, LEASE, "x")
        await outbox.sent(w, sending.id, "m-1", NOW)
    assert await sweep(db, vault, NOW + 48 * HOUR - MINUTE, False) == Swept()
    assert await sweep(db, vault, NOW + 48 * HOUR, False) == Swept(letters=1, messages=1)
    async with db.reading() as conn:
        assert await outbox.waiting(conn) == 1  # what was not sent stays


async def test_what_nobody_could_handle_or_deliver_loses_its_words_after_a_week(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    await inbox.accept(db, vault, [letter(2)])
    await say(db, vault, draft(number, "note", "note"))
    async with db.work() as w:
        await inbox.park(w, (await inbox.take(w, vault, NOW, 1))[number][0].id, "unreadable")
        [sending] = await outbox.claim(w, vault, NOW, 1, LEASE, "x")
        await outbox.unknown(w, sending.id, NOW)

    async def words() -> list[bool]:
        async with db.reading() as conn:
            body = (
                await conn.execute(select(inbox_table.c.body).where(inbox_table.c.state == "parked"))
            ).scalar_one()
            payload = (await conn.execute(select(outbox_table.c.payload))).scalar_one()
        return [body is not None, payload is not None]

    await sweep(db, vault, NOW + 7 * DAY - MINUTE, False)
    assert await words() == [True, True]
    await sweep(db, vault, NOW + 7 * DAY, False)
    assert await words() == [False, False]


async def _many(db: Database, vault: Vault, how_many: int, old: int) -> None:
    """`how_many` talks of which `old` are past their time at NOW + 30 days."""
    letters = [letter(number, f"p{number}") for number in range(how_many)]
    await inbox.accept(db, vault, letters)
    async with db.work() as w:
        await w.conn.execute(update(inbox_table).values(state="done", body=None))
        first = select(talks_table.c.id).order_by(talks_table.c.id).limit(old)
        await w.conn.execute(update(talks_table).values(delete_after=NOW + 60 * DAY))
        await w.conn.execute(
            update(talks_table).where(talks_table.c.id.in_(first)).values(delete_after=NOW + 30 * DAY)
        )


@pytest.mark.parametrize(
    ("how_many", "old", "refused"),
    [(60, 20, False), (60, 21, True), (105, 21, False), (104, 21, True), (20, 20, False)],
)
async def test_talks_are_not_deleted_in_masses_unless_somebody_confirms(
    db: Database, vault: Vault, how_many: int, old: int, refused: bool
) -> None:
    await _many(db, vault, how_many, old)
    swept = await sweep(db, vault, NOW + 30 * DAY, False)
    assert (swept.due, swept.talks, swept.refused) == (old, 0 if refused else old, "mass" if refused else "")
    assert len(await there(db)) == how_many - (0 if refused else old)
    again = await sweep(db, vault, NOW + 30 * DAY, False, confirmed=True)
    assert again.talks == (old if refused else 0)
    assert len(await there(db)) == how_many - old


async def test_more_talks_than_fit_in_one_transaction_are_all_swept(db: Database, vault: Vault) -> None:
    await _many(db, vault, 450, 430)
    assert (await sweep(db, vault, NOW + 30 * DAY, False, confirmed=True)).talks == 430
    assert len(await there(db)) == 20
    assert await count(db, shred) == 0


async def test_after_a_clock_jump_nothing_is_deleted_unless_somebody_confirms(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "session")
    far = NOW + 3650 * DAY
    assert await sweep(db, vault, far, True) == Swept(refused="clock")
    assert await there(db) == {number}
    assert await count(db, inbox_table) == 1
    assert (await sweep(db, vault, far, True, confirmed=True)).talks == 1


async def test_a_clock_that_is_wrong_without_saying_so_is_caught_as_a_mass(
    db: Database, vault: Vault
) -> None:
    await _many(db, vault, 30, 0)
    assert (await sweep(db, vault, NOW + 3650 * DAY, False)).refused == "mass"
    assert len(await there(db)) == 30


async def test_the_operators_own_terms_count(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    assert (await sweep(db, vault, NOW + 3 * DAY, False, terms=Terms(contact=3 * DAY))).talks == 1


async def test_a_forgotten_talk_leaves_a_blank_one_for_the_last_word_and_for_one_day(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    async with db.work() as w:
        blank = await keeping.forget(w, vault, number, NOW)
        await outbox.put(w, vault, [draft(blank, "the last word")], NOW)
        one = (await conversations.load(w, vault, [blank]))[blank]
        one.lang = "fa"  # the turn saves what it was given
        await conversations.save(w, vault, [one])
        [sending] = await outbox.claim(w, vault, NOW, 9, LEASE, "x")
        assert (sending.address, sending.parcel.text) == ("to-anna", "text of the last word")
        assert await keeping.left_behind(w, number, one.pid) == []
    assert (one.state, one.code, one.keep, one.mode, one.delete_after) == ("", "", "", "script", NOW + DAY)
    assert await keeping.shred(db, vault) == 1
    assert (await sweep(db, vault, NOW + DAY - MINUTE, False)).talks == 0
    assert (await sweep(db, vault, NOW + DAY, False)).talks == 1
    assert await there(db) == set()


async def test_a_letter_not_yet_read_survives_the_forgetting(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await inbox.accept(db, vault, [letter(2), letter(3)])
    async with db.work() as w:
        rows = (await inbox.take(w, vault, NOW, 9))[number]
        await keeping.forget(w, vault, number, NOW)  # the first of them said so
        await inbox.done(w, [rows[0].id])
    await keeping.shred(db, vault)
    async with db.work() as w:
        rows = (await inbox.take(w, vault, NOW, 9))[number]
        assert [row.body for row in rows] == [b"letter 3"]


async def test_there_is_nothing_to_forget_of_a_talk_that_is_gone(db: Database, vault: Vault) -> None:
    with pytest.raises(Forgotten):
        async with db.work() as w:
            await keeping.forget(w, vault, 77, NOW)


async def test_forgetting_that_is_undone_leaves_the_talk_as_it_was(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    async with db.reading() as conn:
        before = await conversations.load(conn, vault, [number])
    with pytest.raises(ZeroDivisionError):
        async with db.work() as w:
            await keeping.forget(w, vault, number, NOW)
            raise ZeroDivisionError
    assert await keeping.shred(db, vault) == 0
    async with db.reading() as conn:
        assert await conversations.load(conn, vault, [number]) == before
        assert await conversations.address(conn, vault, number) == "to-anna"


async def test_the_verifier_finds_what_was_left_behind(db: Database, vault: Vault) -> None:
    """The control: a forgetting that skips one table is caught, whichever table it is."""
    number = await talk(db, vault)
    await wish(db, vault, number, "follow")
    await keep_words(db, vault, number, await open_case(db, number))
    await say(db, vault, draft(number, "k"))
    planned = {"plan": "p", "occurrence": 1, "scene": "s", "wall": "2030-03-16T10:00", "zone": "UTC"}
    async with db.work() as w:
        await w.conn.execute(follow_ups.insert(), planned | {"conversation_id": number, "due_at": NOW})
    everything = sorted([table.name for table in OF_A_TALK] + ["conversations"])
    async with db.reading() as conn:
        assert await keeping.left_behind(conn, number, vault.pid("telegram", "anna")) == everything
        assert await keeping.left_behind(conn, 0, vault.pid("telegram", "anna")) == ["conversations"]
        assert await keeping.left_behind(conn, 0, "nobody") == []


def test_every_table_about_a_family_is_forgotten_with_it() -> None:
    """A new table needs a `conversation_id`, or a word here why it says nothing about a family."""
    of_no_family = {"editions", "shred", "house"}
    assert {table.name for table in OF_A_TALK} | of_no_family | {"conversations"} == set(metadata.tables)


async def test_keys_of_another_house_are_noticed_before_anything_is_lost(
    db: Database, vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await keeping.same_house(db, vault)
    await keeping.same_house(db, vault)
    folder = tmp_path_factory.mktemp("other") / "keys"
    KeyRing.create(folder)
    stranger = Vault.at(folder)
    with pytest.raises(KeyTrouble, match="belongs to another database"):
        await keeping.same_house(db, stranger)
    stranger.close()


async def test_a_talk_that_is_written_to_while_it_is_swept_is_not_lost(db: Database, vault: Vault) -> None:
    """A letter of an old talk comes in while the sweeper wants to remove it: the talk stays, or a new one has it."""
    if db.dialect == "sqlite":
        return  # one writer: there is no while
    number = await talk(db, vault)
    await wish(db, vault, number, "session")
    await sweep(db, vault, NOW, False)
    fresh = dataclasses.replace(letter(2), at=NOW + DAY)
    assert isinstance(fresh, Letter)
    async with db.work() as w:
        await conversations.meet(
            w, vault, [conversations.Visitor("telegram", "anna", "to-anna", "", NOW + DAY)]
        )
        assert (await sweep(db, vault, NOW + DAY, False)).talks == 0  # somebody holds it
    assert await inbox.accept(db, vault, [fresh]) == [True]
    assert (await sweep(db, vault, NOW + DAY, False)).talks == 0  # unread
