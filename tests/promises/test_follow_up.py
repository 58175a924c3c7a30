"""Promise 4: the note they agreed to comes once, at their hour, says nothing - and not at all after stop, hide, delete."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.house import Outside, build
from bot.settings import read
from scheduler import rules
from storage import tables
from tests.promises.conftest import bring_edition, move_in, town
from tests.promises.family import Family, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOTE, MORNING = "follow-up.note-free", "follow-up.times-morning"
ROAD = (
    "first-contact.safe-yes",
    "first-contact.country-at",
    "limits.limits-yes",
    "limits.consent-follow",
    "follow-up.follow-yes",
    MORNING,
    NOTE,
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    home = move_in(first_start, tmp_path_factory.mktemp("follow-up") / "home")
    async with town(home) as whole:
        yield whole


async def with_notes(place: Town, name: str = "Amal") -> Family:
    """A family that said: a note is all right, on weekday mornings, and it may look like this."""
    family = place.family(name)
    await family.do("hello", "lang:en")
    await family.walk(*ROAD)
    family.news()
    return family


async def notes(place: Town, family: Family) -> list[Any]:
    found = await place.rows(tables.follow_ups, conversation_id=(await family.talk()).id)
    return sorted(found, key=lambda row: row.due_at)


async def due_of(place: Town, family: Family) -> datetime:
    return next(row.due_at for row in await notes(place, family) if row.state == "waiting")  # type: ignore[no-any-return]


async def go_to(place: Town, moment: datetime) -> None:
    """Let time pass until then; what came due goes the whole way."""
    clock = place.open.clock
    clock.ahead += moment - clock()
    await place.open.house.dispatch(clock())
    await place.quiet()


async def test_the_note_comes_once_at_their_hour_and_says_nothing(place: Town) -> None:
    family = await with_notes(place)
    due = await due_of(place, family)
    wall = rules.to_wall(due, "Europe/Vienna")
    assert wall.weekday() < 5 and 9 <= wall.hour < 10, "a weekday morning in Vienna"

    await go_to(place, due - MINUTE)
    assert family.news() == []
    await go_to(place, due + MINUTE)
    [note] = family.news()
    assert note.text == place.label(NOTE), "word for word what they chose for their lock screen"
    assert note.silent
    assert note.buttons == tuple(
        (place.label(f"follow-up.checkin-{each}"),) for each in ("yes", "later", "stop")
    )
    for _ in range(3):
        await go_to(place, place.open.clock() + MINUTE)
    assert family.news() == [], "once"

    family.tap("follow-up.checkin-yes")
    await place.quiet()
    assert [line.text for line in family.news()] == [place.text("always.again-safe")], "first: is it safe?"
    print(f"\nplanned for {wall:%A %H:%M}, came once, silent: {note.text!r}")


async def says_stop(place: Town, family: Family) -> None:
    await family.do("stop")
    assert {row.state for row in await notes(place, family)} == {"cancelled"}


async def hides(place: Town, family: Family) -> None:
    clock, due = place.open.clock, await due_of(place, family)
    clock.ahead += due - timedelta(hours=20) - clock()
    await family.do("/hide")


async def deletes_everything(place: Town, family: Family) -> None:
    await family.do("/mydata", "always.mine-delete", "always.delete-yes")
    assert await notes(place, family) == []


async def blocks(place: Town, family: Family) -> None:
    family.person.block()
    await place.quiet()


async def taps_no_more(place: Town, family: Family) -> None:
    await go_to(place, await due_of(place, family) + MINUTE)
    family.tap("follow-up.checkin-stop")
    await place.quiet()


@pytest.mark.parametrize(
    "act", [says_stop, hides, deletes_everything, blocks, taps_no_more], ids=lambda act: act.__name__
)
async def test_nothing_comes_after(place: Town, act: Any) -> None:
    family = await with_notes(place)
    planned = [row.due_at for row in await notes(place, family)]
    await act(place, family)
    family.news()
    sends = len(
        [c for c in place.api.calls("sendMessage") if str(c.params["chat_id"]) == str(family.person.id)]
    )
    moments = planned[:1] if act is hides else [max(due, place.open.clock()) for due in planned]
    for due in moments:
        await go_to(place, due + MINUTE)
        await go_to(place, due + timedelta(hours=2))
    assert family.news() == []
    after = len(
        [c for c in place.api.calls("sendMessage") if str(c.params["chat_id"]) == str(family.person.id)]
    )
    assert after == sends, "not even tried"


async def test_a_hidden_chat_stays_silent_for_a_day_and_then_the_note_comes_once(place: Town) -> None:
    family = await with_notes(place)
    await hides(place, family)
    family.news()
    hidden = (await family.talk()).hidden_until
    assert hidden is not None
    moved = place.open.clock()
    while moved < hidden + 5 * DAY:
        moved += timedelta(hours=1)
        await go_to(place, moved)
        news = family.news()
        if news:
            break
    wall = rules.to_wall(place.open.clock(), "Europe/Vienna")
    assert place.open.clock() >= hidden
    assert [line.text for line in news] == [place.label(NOTE)]
    assert wall.weekday() < 5 and 9 <= wall.hour < 12


async def test_a_note_that_could_not_leave_is_not_sent_after_stop(place: Town) -> None:
    """It waits in the outbox, because the messenger asked for a pause; meanwhile they say stop."""
    family = await with_notes(place)
    place.api.faults.flood(retry_after=2, chat_id=family.person.id)
    clock = place.open.clock
    clock.ahead += await due_of(place, family) + MINUTE - clock()
    await place.open.house.dispatch(clock())
    await place.api.until(lambda: not place.api.faults.planned[-1].times, timeout=5)
    await family.do("stop")
    assert [line.text for line in family.news()] == [place.text("always.stop-ok")]
    [note] = await place.rows(tables.outbox, kind="note", conversation_id=(await family.talk()).id)
    assert note.state == "refused"


async def test_a_note_that_could_not_leave_is_not_sent_at_night(place: Town) -> None:
    family = await with_notes(place)
    place.api.faults.error("sendMessage", 500, "Internal Server Error", chat_id=family.person.id)
    clock = place.open.clock
    clock.ahead += await due_of(place, family) + MINUTE - clock()
    await place.open.house.dispatch(clock())
    await place.api.until(lambda: not place.api.faults.planned[-1].times, timeout=5)
    clock.ahead += timedelta(hours=14)  # the machine was away until eleven in the evening
    await place.quiet()
    assert family.news() == []


async def test_a_note_nobody_knows_the_fate_of_is_not_repeated(place: Town) -> None:
    family = await with_notes(place)
    place.api.faults.act_then_drop("sendMessage", times=9, chat_id=family.person.id)
    await go_to(place, await due_of(place, family) + MINUTE)
    await go_to(place, place.open.clock() + timedelta(minutes=30))
    assert [line.text for line in family.news()] == [place.label(NOTE)]
    [note] = await place.rows(tables.outbox, kind="note", conversation_id=(await family.talk()).id)
    assert note.state == "unknown"
    place.api.faults.clear()


async def test_two_houses_that_both_look_for_what_is_due_send_one_note(
    home: Path, database_url: str, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{home / 'data' / 'beside.db'}"
    else:
        await bring_edition(database_url, home)
    other = Outside(chance=random.Random(99))
    settings = read(
        demo=True, data_dir=home / "data", keys_dir=home / "keys", port=0, database_url=database_url
    )
    async with town(home, database_url=database_url) as place, build(settings, other) as second:
        family = await with_notes(place)
        assert second.post.name != place.open.house.post.name
        clock = place.open.clock
        clock.ahead += await due_of(place, family) + MINUTE - clock()
        now = clock()
        await asyncio.gather(*(house.dispatch(now) for _ in range(5) for house in (place.open.house, second)))
        await place.quiet()
        assert [line.text for line in family.news()] == [place.label(NOTE)]
