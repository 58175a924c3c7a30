"""What we say is never lost in silence, goes out in order, the urgent first, and at most one copy more (R4)."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from storage import inbox, outbox
from storage.outbox import DEATHS, Button, Draft, Parcel, Sending
from storage.tables import addresses
from storage.tables import conversations as talks_table
from storage.tables import outbox as outbox_table
from storage.vault import Forgotten, Vault
from storage.work import Database, open_database
from tests.storage.world import DAY, HOUR, LEASE, MINUTE, NOW, claimed, draft, letter, say, talk

ENDED = NOW + LEASE + timedelta(microseconds=1)


async def states(db: Database) -> dict[str, str]:
    async with db.reading() as conn:
        rows = await conn.execute(select(outbox_table.c.key, outbox_table.c.state))
        return {row.key: row.state for row in rows}


def keys(sendings: Sequence[Sending]) -> list[str]:
    return [sending.parcel.text.removeprefix("text of ") for sending in sendings]


async def sent(db: Database, sending: Sending, ref: str | None = None) -> None:
    async with db.work() as w:
        await outbox.sent(w, sending.id, ref, NOW)


WORDS = st.text(max_size=20)
ROWS = st.lists(st.lists(st.builds(Button, WORDS, WORDS), max_size=3).map(tuple), max_size=3).map(tuple)


@given(st.builds(Parcel, WORDS, WORDS, ROWS, ROWS, st.lists(WORDS, max_size=3).map(tuple)))
def test_a_parcel_comes_out_as_it_went_in(parcel: Parcel) -> None:
    assert Parcel.from_json(parcel.to_json()) == parcel


async def test_a_message_reaches_the_poster_whole(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    parcel = Parcel("سلام", "fa", ((Button("t-1", "بله"),),), ((Button("t-2", "Stop"),),), ("m1",))
    await say(db, vault, Draft(number, "k", 0, "handoff", parcel))
    [sending] = await claimed(db, vault)
    assert dataclasses.asdict(sending) == dataclasses.asdict(
        Sending(sending.id, number, "telegram", sending.kid, "to-anna", parcel, "handoff", 0, 1)
    )
    assert await claimed(db, vault) == []  # nobody else gets it
    await sent(db, sending, "m-99")
    assert await states(db) == {"k": "sent"}


async def test_a_repeated_turn_cannot_say_it_twice(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k", text="first"))
    await say(db, vault, draft(number, "k", text="second"), draft(number, "l", text="third"))
    texts = []
    for _ in range(2):
        [sending] = await claimed(db, vault)
        texts.append(sending.parcel.text)
        await sent(db, sending)
    assert texts == ["first", "third"]
    await say(db, vault, draft(number, "k", text="after it was sent"))
    assert await claimed(db, vault) == []


async def test_the_urgent_lane_goes_first_then_the_oldest(db: Database, vault: Vault) -> None:
    numbers = [await talk(db, vault, f"p{n}", n) for n in range(6)]
    await say(db, vault, *(draft(number, f"n{number}") for number in numbers[:4]))
    await say(db, vault, *(draft(number, f"u{number}", "handoff", lane=0) for number in numbers[4:]))
    order = [f"u{numbers[4]}", f"u{numbers[5]}", *(f"n{number}" for number in numbers[:4])]
    assert keys(await claimed(db, vault, most=3)) == order[:3]
    assert keys(await claimed(db, vault)) == order[3:]


async def test_one_talk_hears_one_thing_after_the_other(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, *(draft(number, f"k{n}") for n in range(3)))
    heard = []
    for _ in range(3):
        [sending] = await claimed(db, vault)
        assert await claimed(db, vault) == []  # the next one waits until this one is settled
        heard += keys([sending])
        await sent(db, sending)
    assert heard == ["k0", "k1", "k2"]


async def test_only_a_safety_text_may_overtake(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "say"), draft(number, "handoff", "handoff", lane=0))
    await say(
        db, vault, draft(number, "slow safety", "safety", lane=1), draft(number, "safety", "safety", lane=0)
    )
    assert keys(await claimed(db, vault)) == ["safety", "say"]


async def test_a_safety_text_waits_for_the_safety_text_before_it(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    first, second = (draft(number, key, "safety", lane=0) for key in ("number first", "words second"))
    await say(db, vault, draft(number, "say"), first, second)
    [number_first] = await claimed(db, vault, most=1)
    assert keys([number_first]) == ["number first"]
    assert keys(await claimed(db, vault)) == ["say"]
    await sent(db, number_first)
    assert keys(await claimed(db, vault)) == ["words second"]


async def test_what_was_put_off_holds_back_what_comes_after_it(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k0"), draft(number, "k1"))
    [first] = await claimed(db, vault)
    async with db.work() as w:
        await outbox.later(w, first.id, NOW + MINUTE)
    assert await claimed(db, vault, NOW + MINUTE / 2) == []
    [again] = await claimed(db, vault, NOW + MINUTE)
    assert (again.id, again.attempts) == (first.id, 2)


async def test_what_is_planned_for_later_stands_in_nobodys_way(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    planned = dataclasses.replace(draft(number, "planned", "note"), not_before=NOW + HOUR)
    await say(db, vault, planned, draft(number, "answer"))
    [answer] = await claimed(db, vault)
    assert keys([answer]) == ["answer"]
    await sent(db, answer)
    assert await claimed(db, vault, NOW + HOUR / 2) == []
    assert keys(await claimed(db, vault, NOW + HOUR)) == ["planned"]


@pytest.mark.parametrize("kind", ["say", "safety", "handoff", "clear"])
async def test_what_its_sender_died_over_is_offered_again_and_not_for_ever(
    db: Database, vault: Vault, kind: str
) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k", kind))
    [first] = await claimed(db, vault)
    assert await claimed(db, vault, NOW + LEASE) == []  # its lease still runs
    for death in range(DEATHS):
        [again] = await claimed(db, vault, ENDED + death * (LEASE + MINUTE))
        assert (again.id, again.attempts) == (first.id, death + 2)
    assert await claimed(db, vault, ENDED + DEATHS * (LEASE + MINUTE)) == []
    assert await states(db) == {"k": "unknown"}


async def test_a_note_is_never_repeated_on_a_guess(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k", "note"), draft(number, "next"))
    [note] = await claimed(db, vault)
    assert keys(await claimed(db, vault, ENDED)) == ["next"]
    assert (await states(db))["k"] == "unknown"
    assert note.kind == "note"


@pytest.mark.parametrize(
    ("kind", "after"), [("say", "open"), ("safety", "open"), ("handoff", "open"), ("note", "unknown")]
)
async def test_a_time_out_while_sending_is_decided_by_the_same_rule(
    db: Database, vault: Vault, kind: str, after: str
) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k", kind))
    for expected in (after, "unknown"):
        for sending in await claimed(db, vault):
            async with db.work() as w:
                await outbox.unknown(w, sending.id, NOW)
        assert await states(db) == {"k": expected}


async def test_putting_off_is_not_a_doubt_and_may_be_done_often(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k", "note"))
    for attempt in range(1, 8):
        [sending] = await claimed(db, vault, NOW + attempt * MINUTE)
        assert sending.attempts == attempt
        async with db.work() as w:
            await outbox.later(w, sending.id, NOW + attempt * MINUTE)
    assert await states(db) == {"k": "open"}


async def test_a_late_word_from_the_channel_still_counts(db: Database, vault: Vault) -> None:
    """The lease ended, the row was offered again, and only then the first poster says: it was sent."""
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k"), draft(number, "wait"))
    [first] = await claimed(db, vault)
    async with db.work() as w:
        await outbox.unknown(w, first.id, NOW)
        await outbox.sent(w, first.id, "m-1", NOW)
        await outbox.later(w, first.id, NOW)  # what is settled is not opened again
        await outbox.unknown(w, first.id, NOW)
    assert await states(db) == {"k": "sent", "wait": "open"}


async def test_what_is_refused_or_dead_is_over_and_keeps_no_words(db: Database, vault: Vault) -> None:
    first, second = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    await say(db, vault, draft(first, "a"), draft(second, "b"), draft(first, "a-next"))
    async with db.work() as w:
        rows = await outbox.claim(w, vault, NOW, 9, LEASE, "x")
        await outbox.refused(w, rows[0].id, NOW)
        await outbox.dead(w, rows[1].id, NOW)
    assert await states(db) == {"a": "refused", "b": "dead", "a-next": "open"}
    async with db.reading() as conn:
        left = select(outbox_table.c.key).where(outbox_table.c.payload.is_not(None))
        assert (await conn.execute(left)).scalars().all() == ["a-next"]
        assert await outbox.waiting(conn) == 1
    assert keys(await claimed(db, vault)) == ["a-next"]


async def test_a_message_with_nowhere_to_go_is_dead_and_the_rest_goes_out(db: Database, vault: Vault) -> None:
    lost, torn, well = [await talk(db, vault, name, n) for n, name in enumerate(("lost", "torn", "well"), 1)]
    await say(db, vault, *(draft(number, f"k{number}") for number in (lost, torn, well)))
    async with db.work() as w:
        await w.conn.execute(addresses.delete().where(addresses.c.conversation_id == lost))
        await w.conn.execute(
            update(outbox_table).where(outbox_table.c.key == f"k{torn}").values(payload=b"torn")
        )
    assert keys(await claimed(db, vault)) == [f"k{well}"]
    assert await states(db) == {f"k{lost}": "dead", f"k{torn}": "dead", f"k{well}": "sending"}


async def test_nothing_is_put_for_a_talk_that_is_gone(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    with pytest.raises(Forgotten):
        await say(db, vault, draft(number, "k"), draft(number + 1, "nobody"))
    assert await states(db) == {}


async def test_dropping_takes_back_what_was_not_sent_yet(db: Database, vault: Vault) -> None:
    number, other = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    await say(db, vault, *(draft(number, f"k{n}") for n in range(3)), draft(other, "theirs"))
    first = (await claimed(db, vault, most=1))[0]
    async with db.work() as w:
        assert await outbox.drop(w, number) == 2
    await sent(db, first)
    assert await states(db) == {"k0": "sent", "theirs": "open"}


async def test_one_channel_can_be_asked_alone(db: Database, vault: Vault) -> None:
    here = await talk(db, vault)
    await say(db, vault, draft(here, "k"))
    async with db.work() as w:
        assert await outbox.claim(w, vault, NOW, 9, LEASE, "x", "webchat") == []
        assert keys(await outbox.claim(w, vault, NOW, 9, LEASE, "x", "telegram")) == ["k"]


async def test_two_posters_at_once_send_each_row_once_and_in_order(database_url: str, vault: Vault) -> None:
    houses = [await open_database(database_url) for _ in range(3)]
    numbers = [await talk(houses[0], vault, f"p{n}", n) for n in range(12)]
    for n in range(15):
        await say(houses[0], vault, *(draft(number, f"{number}:{n:02}") for number in numbers))
    went: list[str] = []

    async def post(db: Database, by: str) -> None:
        while True:
            mine = await claimed(db, vault, most=5, by=by)
            for sending in mine:
                went.append(sending.parcel.text.removeprefix("text of "))
                await sent(db, sending)
            if not mine:
                async with db.reading() as conn:
                    if not await outbox.waiting(conn):
                        return
                await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(*(post(db, f"post-{n}") for n, db in enumerate(houses)))
    assert Counter(went) == Counter(f"{number}:{n:02}" for number in numbers for n in range(15))
    for number in numbers:
        of_one = [key for key in went if key.startswith(f"{number}:")]
        assert of_one == sorted(of_one)
    for db in houses:
        await db.close()


async def test_a_poster_does_not_wait_for_another_one(postgres_url: str, vault: Vault) -> None:
    first, second = await open_database(postgres_url), await open_database(postgres_url)
    numbers = [await talk(first, vault, f"p{n}", n) for n in range(4)]
    await say(first, vault, *(draft(number, f"k{number}") for number in numbers))
    async with asyncio.timeout(10), first.work() as w1, second.work() as w2:
        mine = await outbox.claim(w1, vault, NOW, 2, LEASE, "a")
        theirs = await outbox.claim(w2, vault, NOW, 9, LEASE, "b")
    assert len(mine) == len(theirs) == 2
    assert not {row.id for row in mine} & {row.id for row in theirs}
    # ... and of rows whose lease has ended, each is decided once
    async with asyncio.timeout(10), first.work() as w1, second.work() as w2:
        again = [await outbox.claim(w, vault, ENDED, 9, LEASE, "c") for w in (w1, w2)]
    assert sorted(len(rows) for rows in again) == [0, 4]
    await first.close()
    await second.close()


async def test_the_web_chat_sees_what_was_said_and_nothing_planned(db: Database, vault: Vault) -> None:
    number, other = await talk(db, vault, "anna", 1), await talk(db, vault, "ben", 2)
    planned = dataclasses.replace(draft(number, "planned", "note"), not_before=NOW + DAY)
    await say(db, vault, draft(number, "k0"), planned, draft(number, "k1", "safety"), draft(other, "theirs"))
    [first, *_] = await claimed(db, vault)
    await sent(db, first)
    async with db.reading() as conn:
        told = await outbox.history(conn, vault, number)
        assert [(parcel.text, kind) for _, parcel, kind in told] == [
            ("text of k0", "say"),
            ("text of k1", "safety"),
        ]
        assert await outbox.history(conn, vault, number, after=told[0][0]) == told[1:]


async def test_what_can_be_cleared_is_ours_and_theirs_of_the_last_hours(db: Database, vault: Vault) -> None:
    number = await talk(db, vault, number=1)
    await inbox.accept(db, vault, [letter(2), dataclasses.replace(letter(3), at=NOW - DAY), letter(4, "ben")])
    await say(db, vault, draft(number, "k0"), draft(number, "k1"), draft(number, "k2"))
    for ref, at in (("old", NOW - DAY), ("new", NOW), (None, NOW)):
        [sending] = await claimed(db, vault)
        async with db.work() as w:
            await outbox.sent(w, sending.id, ref, at)
    async with db.reading() as conn:
        assert await outbox.refs(conn, number, NOW - HOUR) == ["new", "m1", "m2"]
        assert await outbox.refs(conn, number, NOW - 2 * DAY) == ["old", "new", "m1", "m2", "m3"]


async def test_after_the_key_is_gone_nothing_of_it_is_sent(db: Database, vault: Vault) -> None:
    """A backup was restored: the rows are back, the key is not."""
    number = await talk(db, vault)
    await say(db, vault, draft(number, "k"))
    async with db.reading() as conn:
        kid = (await conn.execute(select(talks_table.c.kid))).scalar_one()
    await vault.destroy([kid])
    assert await claimed(db, vault) == []
    assert await states(db) == {"k": "dead"}
    async with db.reading() as conn:
        assert await outbox.history(conn, vault, number) == []
