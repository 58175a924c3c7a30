"""No letter is lost, each counts once, and a talk is read in its order, by one reader at a time."""

import asyncio
import dataclasses
import json
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from storage import conversations, inbox
from storage.inbox import Letter, Row
from storage.tables import addresses
from storage.tables import conversations as talks_table
from storage.tables import inbox as inbox_table
from storage.vault import Vault
from storage.work import Database, open_database
from tests.storage.world import HOUR, MINUTE, NOW, letter, talk


async def take(
    db: Database, vault: Vault, most: int = 64, *, finish: bool = True, each: int = 20
) -> dict[int, list[Row]]:
    async with db.work() as w:
        taken = await inbox.take(w, vault, NOW, most, each)
        if finish:
            await inbox.done(w, [row.id for rows in taken.values() for row in rows])
    return taken


async def test_a_letter_counts_once_however_often_it_comes(db: Database, vault: Vault) -> None:
    assert await inbox.accept(db, vault, [letter(1), letter(2)]) == [True, True]
    assert await inbox.accept(db, vault, [letter(2), letter(3), letter(3)]) == [False, True, False]
    [rows] = (await take(db, vault)).values()
    assert [row.body for row in rows] == [b"letter 1", b"letter 2", b"letter 3"]
    # ... also after it had its effect, and when it comes with other words
    assert await inbox.accept(db, vault, [letter(1, body=b"again"), letter(2, "ben")]) == [False, False]
    assert await take(db, vault) == {}


async def test_the_same_number_on_another_channel_is_another_letter(db: Database, vault: Vault) -> None:
    other = Letter("webchat", "1", 1, "anna", "to-anna", b"there", None, NOW)
    assert await inbox.accept(db, vault, [letter(1), other]) == [True, True]
    assert sorted(row.body or b"" for [row] in (await take(db, vault)).values()) == [b"letter 1", b"there"]


async def test_letters_that_come_twice_at_once_count_once(
    db: Database, vault: Vault, database_url: str
) -> None:
    """Two doors, the same hundred letters of ten strangers, at the same time."""
    second = await open_database(database_url)
    letters = [letter(number, f"p{number % 10}") for number in range(100)]
    answers = await asyncio.gather(
        *(
            inbox.accept(door, vault, letters[at : at + 10])
            for at in range(0, 100, 10)
            for door in (db, second)
        )
    )
    assert sum(sum(new) for new in answers) == 100
    taken = await take(db, vault)
    assert len(taken) == 10
    bodies = Counter(row.body for rows in taken.values() for row in rows)
    assert bodies == Counter(f"letter {number}".encode() for number in range(100))
    assert await _count(db, talks_table) == 10
    await second.close()


async def _count(db: Database, table: object) -> int:
    async with db.reading() as conn:
        return (await conn.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]


async def test_strangers_get_a_talk_with_a_key_an_address_and_their_language(
    db: Database, vault: Vault
) -> None:
    await inbox.accept(db, vault, [letter(1), letter(2, "ben"), letter(3)], {"ben": "fa"})
    taken = await take(db, vault)
    async with db.reading() as conn:
        found = await conversations.load(conn, vault, taken)
        people = {await conversations.address(conn, vault, number): talk for number, talk in found.items()}
    assert {name: talk.lang for name, talk in people.items()} == {"to-anna": "", "to-ben": "fa"}
    anna = people["to-anna"]
    assert (anna.channel, anna.pid) == ("telegram", vault.pid("telegram", "anna"))
    assert (anna.mode, anna.state, anna.keep, anna.code, anna.edition) == ("script", "", "", "", None)
    assert (anna.created_at, anna.seen_at, anna.delete_after) == (NOW, NOW, None)
    assert len({talk.kid for talk in found.values()}) == 2


async def test_nothing_of_a_letter_lies_in_clear(db: Database, vault: Vault) -> None:
    await inbox.accept(db, vault, [letter(1, "person-4711", b"my son is away")])
    async with db.reading() as conn:
        rows = (await conn.execute(select(inbox_table, talks_table).join(talks_table))).all()
        kept = repr(rows) + repr((await conn.execute(select(addresses))).all())
    assert "telegram" in kept  # the look finds what is there
    for words in ("my son", "4711", "to-person"):
        assert words not in kept


BODIES = [
    b"",
    b"\x00",
    "half \ud83d a character".encode("utf-8", "surrogatepass"),
    bytes(range(256)),
    b"x" * 70_000,
]


@pytest.mark.parametrize("number", range(len(BODIES)))
async def test_a_body_is_just_bytes(db: Database, vault: Vault, number: int) -> None:
    await inbox.accept(db, vault, [letter(number, "\ud83d\x00", BODIES[number])])
    [[row]] = (await take(db, vault)).values()
    assert row.body == BODIES[number]
    assert (row.kind, row.channel, row.outer_id, row.message_ref) == (
        "outer",
        "telegram",
        str(number),
        f"m{number}",
    )
    assert (row.attempts, row.at) == (0, NOW)


@pytest.mark.parametrize("odd", ["\x00", "de\ud800", "x" * 5000, "zh\n"])
async def test_an_odd_code_from_outside_does_not_stop_the_batch(db: Database, vault: Vault, odd: str) -> None:
    letters = [dataclasses.replace(letter(1), message_ref=odd), letter(2, "ben")]
    assert await inbox.accept(db, vault, letters, {"anna": odd, "ben": "fa"}) == [True, True]
    taken = await take(db, vault)
    assert {row.message_ref for rows in taken.values() for row in rows} == {None, "m2"}
    async with db.reading() as conn:
        assert {one.lang for one in (await conversations.load(conn, vault, taken)).values()} == {"", "fa"}


async def test_a_talk_is_read_in_the_order_of_its_channel_not_of_arrival(db: Database, vault: Vault) -> None:
    numbers = list(range(50))
    random.Random(4).shuffle(numbers)
    for at in range(0, 50, 7):
        await inbox.accept(db, vault, [letter(number) for number in numbers[at : at + 7]])
    seen: list[str] = []
    while taken := await take(db, vault, each=20):
        [rows] = taken.values()
        assert len(rows) <= 20
        seen += [row.outer_id for row in rows]
    assert seen == [str(number) for number in range(50)]


async def test_letters_with_the_same_number_in_line_keep_the_order_they_came_in(
    db: Database, vault: Vault
) -> None:
    order = ["9", "1", "5", "3"]
    await inbox.accept(db, vault, [letter(int(number), seq=0) for number in order])
    [rows] = (await take(db, vault)).values()
    assert [row.outer_id for row in rows] == order


async def test_an_event_of_the_house_comes_after_what_waits_and_before_what_comes(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault, number=10)
    await inbox.accept(db, vault, [letter(11), letter(12)])
    async with db.work() as w:
        assert await inbox.put(w, vault, number, "due:1", {"event": "came due", "wort": "für \ud83d"}, NOW)
        assert not await inbox.put(w, vault, number, "due:1", {"event": "again"}, NOW)
        assert await inbox.put(w, vault, number, "case:1", {"event": "closed"}, NOW)
    await inbox.accept(db, vault, [letter(13)])
    rows = (await take(db, vault))[number]
    assert [row.outer_id for row in rows] == ["11", "12", "due:1", "case:1", "13"]
    assert [(row.kind, row.channel) for row in rows][1:3] == [("outer", "telegram"), ("house", "house")]
    assert json.loads(rows[2].body or b"") == {"event": "came due", "wort": "für \ud83d"}
    async with db.work() as w:  # done is done: the same event does not come twice
        assert not await inbox.put(w, vault, number, "due:1", {}, NOW)
        assert not await inbox.put(w, vault, 987, "for a talk that is not there", {}, NOW)


async def test_done_rows_keep_no_words_but_are_remembered(db: Database, vault: Vault) -> None:
    await talk(db, vault)
    async with db.reading() as conn:
        row = (await conn.execute(select(inbox_table))).one()
        assert await inbox.waiting(conn) == 0
    assert (row.state, row.body, row.message_ref) == ("done", None, "m1")


async def test_a_postponed_row_holds_its_own_talk_and_nobody_else(db: Database, vault: Vault) -> None:
    await inbox.accept(db, vault, [letter(1), letter(2), letter(3, "ben")])
    async with db.work() as w:
        taken = await inbox.take(w, vault, NOW, 10)
        anna = next(number for number, rows in taken.items() if len(rows) == 2)
        await inbox.later(w, taken[anna][0].id, NOW + MINUTE, "bug")
    await inbox.accept(db, vault, [letter(4)])
    async with db.work() as w:
        assert anna not in await inbox.take(w, vault, NOW + MINUTE / 2, 10)
        assert await inbox.take(w, vault, NOW + MINUTE / 2, 10, only=anna) == {}
        rows = (await inbox.take(w, vault, NOW + MINUTE, 10))[anna]
        assert [(row.outer_id, row.attempts) for row in rows] == [("1", 1), ("2", 0), ("4", 0)]
        waiting = await inbox.talks_waiting(w, NOW, 10)
        assert anna not in waiting
        assert len(waiting) == 1
        assert (await inbox.talks_waiting(w, NOW + HOUR, 10))[0] == anna


async def test_a_parked_row_lets_the_talk_go_on(db: Database, vault: Vault) -> None:
    await inbox.accept(db, vault, [letter(1), letter(2)])
    async with db.work() as w:
        [rows] = (await inbox.take(w, vault, NOW, 10)).values()
        await inbox.park(w, rows[0].id, "unreadable")
    [rows] = (await take(db, vault)).values()
    assert [row.outer_id for row in rows] == ["2"]
    async with db.work() as w:  # what is settled stays settled
        await inbox.later(w, 1, NOW, "never")
        await inbox.park(w, 2, "never")
        states = (
            (await w.conn.execute(select(inbox_table.c.state).order_by(inbox_table.c.id))).scalars().all()
        )
    assert states == ["parked", "done"]


async def test_a_body_nobody_can_open_comes_as_nothing_instead_of_stopping_the_rest(
    db: Database, vault: Vault
) -> None:
    await inbox.accept(db, vault, [letter(1), letter(2), letter(3)])
    async with db.work() as w:
        other = select(inbox_table.c.body).where(inbox_table.c.outer_id == "1").scalar_subquery()
        await w.conn.execute(inbox_table.update().where(inbox_table.c.outer_id == "2").values(body=other))
    [rows] = (await take(db, vault)).values()
    assert [row.body for row in rows] == [b"letter 1", None, b"letter 3"]


async def test_those_who_wait_longest_come_first_and_only_as_many_as_asked(
    db: Database, vault: Vault
) -> None:
    names = [f"p{number}" for number in random.Random(1).sample(range(30), 30)]
    for number, name in enumerate(names):
        await inbox.accept(db, vault, [letter(number, name)])
    order = []
    while taken := await take(db, vault, 7):
        assert len(taken) <= 7
        order += [int(rows[0].outer_id) for rows in sorted(taken.values(), key=lambda rows: rows[0].id)]
    assert order == list(range(30))


async def test_a_flood_of_one_does_not_keep_the_others_waiting(db: Database, vault: Vault) -> None:
    """2,000 letters of one person lie in front of everybody else's."""
    await inbox.accept(db, vault, [letter(number, "loud") for number in range(2000)])
    await inbox.accept(db, vault, [letter(number, f"quiet-{number}") for number in range(2000, 2010)])
    taken = await take(db, vault)
    assert len(taken) == 11
    assert sorted(len(rows) for rows in taken.values()) == [1] * 10 + [20]


async def test_two_takers_never_hold_the_same_talk(postgres_url: str, vault: Vault) -> None:
    first, second = await open_database(postgres_url), await open_database(postgres_url)
    await inbox.accept(first, vault, [letter(number, f"p{number % 10}") for number in range(40)])
    async with first.work() as w1, second.work() as w2:
        mine = await inbox.take(w1, vault, NOW, 6)
        theirs = await inbox.take(w2, vault, NOW, 6)
        assert len(mine) == 6
        assert len(theirs) == 4
        assert not set(mine) & set(theirs)
        assert await inbox.take(w2, vault, NOW, 6, only=next(iter(mine))) == {}
        # Meanwhile letters of a talk that somebody holds come in at once, without waiting for the turn to end.
        async with asyncio.timeout(5):
            assert await inbox.accept(
                first, vault, [letter(number, f"p{number % 10}") for number in range(100, 110)]
            )
        await inbox.done(w1, [row.id for rows in mine.values() for row in rows])
    left = await take(first, vault)
    assert sum(len(rows) for rows in left.values()) == 4 * 4 + 6 + 4  # theirs was not finished
    await first.close()
    await second.close()


async def test_many_takers_read_every_talk_in_order_and_every_row_once(
    database_url: str, vault: Vault
) -> None:
    houses = [await open_database(database_url) for _ in range(3)]
    read: dict[int, list[int]] = {}
    writing = True

    async def write() -> None:
        nonlocal writing
        for at in range(0, 600, 20):
            await inbox.accept(houses[0], vault, [letter(n, f"p{n % 13}") for n in range(at, at + 20)])
        writing = False

    async def work(db: Database) -> None:
        while True:
            async with db.work() as w:
                more = writing
                taken = await inbox.take(w, vault, NOW, 4, 3)
                await asyncio.sleep(0)  # let the others try to take the same
                for number, rows in taken.items():
                    read.setdefault(number, []).extend(int(row.outer_id) for row in rows)
                await inbox.done(w, [row.id for rows in taken.values() for row in rows])
            if not taken and not more:
                return

    async with asyncio.timeout(60):
        await asyncio.gather(write(), *(work(db) for db in houses))
    assert sorted(n for numbers in read.values() for n in numbers) == list(range(600))
    assert all(numbers == sorted(numbers) for numbers in read.values())
    for db in houses:
        await db.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_comes_and_goes_each_letter_is_read_once_and_in_order(
    sqlite_template: Path, vault: Vault, data: st.DataObject
) -> None:
    """Random batches of three people, with repeats, postponed and parked rows, against a plain list as the model."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(sqlite_template, folder)}"
        asyncio.run(_random_life(url, vault, data))


async def _random_life(url: str, vault: Vault, data: st.DataObject) -> None:
    db = await open_database(url)
    try:
        sent: list[int] = []
        settled: list[int] = []
        read: dict[int, list[int]] = {}
        steps = st.sampled_from(["accept", "again", "done", "later", "park"])
        for step in data.draw(st.lists(steps, max_size=25)):
            if step == "accept":
                batch = list(range(len(sent), len(sent) + data.draw(st.integers(1, 5))))
                sent += batch
                assert all(await inbox.accept(db, vault, [letter(n, f"p{n % 3}") for n in batch]))
            elif step == "again" and sent:
                again = data.draw(st.lists(st.sampled_from(sent), min_size=1, max_size=5))
                assert not any(await inbox.accept(db, vault, [letter(n, f"p{n % 3}") for n in again]))
            else:
                await _one_turn(db, vault, step, read, settled)
        while len(settled) < len(sent):
            before = len(settled)
            await _one_turn(db, vault, "done", read, settled)
            assert len(settled) > before
        assert sorted(settled) == sent
        assert all(numbers == sorted(numbers) for numbers in read.values())
    finally:
        await db.close()


async def _one_turn(
    db: Database, vault: Vault, how: str, read: dict[int, list[int]], settled: list[int]
) -> None:
    """Take two talks; finish their rows, or postpone or park the first of each."""
    async with db.work() as w:
        for number, rows in (await inbox.take(w, vault, NOW, 2, 3)).items():
            assert [row.body for row in rows] == [f"letter {row.outer_id}".encode() for row in rows]
            if how == "later":
                await inbox.later(w, rows[0].id, NOW - MINUTE, "bug")
                continue
            finished = rows[:1] if how == "park" else rows
            numbers = [int(row.outer_id) for row in finished]
            read.setdefault(number, []).extend(numbers)
            settled.extend(numbers)
            if how == "park":
                await inbox.park(w, rows[0].id, "bug")
            else:
                await inbox.done(w, [row.id for row in rows])
