"""Whatever comes: it ends in a clear sentence, nothing is lost or done twice, and the next family is served at once."""

import asyncio
import json
import random
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from structlog.testing import capture_logs

from bot.known import Known
from bot.turn import pressed
from dialogs.effects import Ignored, Said
from dialogs.engine import advance
from scheduler import followups
from storage import tables
from tests.promises.conftest import SECRET, move_in, town
from tests.promises.family import Family, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_ONCE = 2.0  # seconds
TOKENS = 5_000
NEXT = iter(range(10**6))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    home = move_in(first_start, tmp_path_factory.mktemp("bad-input") / "home")
    async with town(home, telegram_webhook_secret=SECRET) as whole:
        yield whole


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def the_next_family_is_served_at_once(place: Town) -> AsyncIterator[None]:
    yield
    place.api.faults.clear()
    family, began = place.family(f"Next {next(NEXT)}"), time.monotonic()
    family.person.write("hello")
    await family.person.expect(place.text("first-contact.hello-language"), timeout=10)
    assert time.monotonic() - began < AT_ONCE
    await place.quiet()
    assert await place.rows(tables.inbox, why="bug") == []


async def call(place: Town, update: dict[str, Any], secret: str = SECRET) -> int:
    """The messenger calls the webhook."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{place.open.url}/telegram", data=json.dumps(update), headers=headers) as answer,
    ):
        return answer.status


def written(place: Town, family: Family, text: str, number: int) -> dict[str, Any]:
    """An update as the messenger would send it."""
    person = {"id": family.person.id, "is_bot": False, "first_name": "A"}
    chat = {"id": family.person.id, "type": "private"}
    date = int(place.api.now())
    message = {"message_id": number % 10**6, "from": person, "chat": chat, "date": date, "text": text}
    return {"update_id": number, "message": message}


# --- what is not text ---

KINDS: dict[str, Any] = {
    "a photo": lambda f: f.person.send_photo(caption="a caption nobody keeps"),
    "a voice note": lambda f: f.person.send_voice(),
    "a file": lambda f: f.person.send_document(b"x", name="a name nobody keeps.pdf"),
    "a contact": lambda f: f.person.send_contact("+15550100"),
    "a place": lambda f: f.person.send_raw({"location": {"latitude": 1.0, "longitude": 2.0}}),
    "a die": lambda f: f.person.send_raw({"dice": {"emoji": "🎲", "value": 3}}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_text_is_answered_and_not_kept(place: Town, kind: str) -> None:
    family = place.family()
    await family.to_a_person()
    before, scene = len(await place.rows(tables.texts)), (await family.state()).scene
    family.news()
    KINDS[kind](family)
    await place.quiet()
    assert family.news()[0].text == place.text("always.only-text")
    assert len(await place.rows(tables.texts)) == before
    assert (await family.state()).scene == scene, "the question is still open"


async def test_who_changes_a_message_hears_that_it_was_not_seen(place: Town) -> None:
    family = place.family()
    await family.to_a_person()
    line = family.person.write("as I wrote it first")
    await place.quiet()
    family.news()
    family.person.edit(line, "as I wish I had written it")
    await place.quiet()
    assert await family.kept() == ["as I wrote it first"]
    assert family.news()[0].text == place.text("always.edited"), (
        "or they believe that the new words were read"
    )


# --- buttons ---


async def test_a_button_from_last_week_says_so_and_asks_again(place: Town) -> None:
    family = place.family()
    await family.do("hello", "lang:en")
    old = family.last_question()
    await family.do("first-contact.safe-yes")
    before = await family.state()
    family.news()
    family.person.tap(old.data[0][0], old)  # "I am alone", from a question that has long been answered
    await place.quiet()
    after, said = await family.state(), [line.text for line in family.news()]
    assert said[0] == place.text("always.old")
    assert place.text("first-contact.country-ask") in said
    assert (after.scene, after.answers) == (before.scene, before.answers)


async def test_what_leads_up_to_a_safety_question_comes_before_it(place: Town) -> None:
    """A safety text goes first; but not before the sentence that belongs to it."""
    family = place.family()
    await family.do("hello", "lang:en")
    for strange, answer in ((family.person.send_voice, "always.only-text"), (old_tap(family), "always.old")):
        family.news()
        strange()
        await place.quiet()
        said = [line.text for line in family.news()]
        assert said == [place.text(answer), place.text("first-contact.safe-ask")]


def old_tap(family: Family) -> Any:
    message = family.person.chat().messages[family.last_question().id]
    return lambda: family.person.world.tap(family.person.user, message, "0.0")


async def test_a_button_of_another_familys_talk_does_nothing(place: Town) -> None:
    one, other = place.family("One"), place.family("Other")
    for family in (one, other):
        await family.do("hello", "lang:en")
    before = await one.state(), await other.state()
    other.news()
    theirs = one.last_question().data[1][0]
    other.person.world.tap(other.person.user, other.person.chat().messages[other.last_question().id], theirs)
    await place.quiet()
    assert other.news()[0].text == place.text("always.old")
    assert await one.state() == before[0]
    after = await other.state()
    assert (after.scene, after.answers) == (before[1].scene, before[1].answers)


async def test_forged_buttons_change_nothing(place: Town) -> None:
    """5,000 of them weighed as the turn weighs them; 100 sent through the whole house."""
    chance = random.Random(3)
    one, other = place.family("One"), place.family("Other")
    for family in (one, other):
        await family.do("hello", "lang:en", "first-contact.safe-yes")
    house, talk, state = place.open.house, await one.talk(), await one.state()
    known = Known(house.turns.around, house.shelf.newest, talk, place.open.clock(), None)
    foreign = [data for line in other.person.said() for row in line.data for data in row]
    replayed = [
        data for line in one.person.said()[:-1] for row in line.data[:-2] or line.data for data in row
    ]
    now = [data for row in one.last_question().data for data in row]

    def forged() -> str:
        some = chance.choice(now)
        number, _, mark = some.partition(".")
        return chance.choice(
            (
                chance.choice(foreign),
                secrets.token_urlsafe(chance.randrange(1, 64)),
                f"{number}.{secrets.token_hex(9)}",
                f"{int(number, 16) + chance.randrange(1, 9):x}.{mark}",
                f"{number}.{mark[:-1]}{'0' if mark[-1] != '0' else '1'}",
                f"-{some}",
                f"lang:{chance.choice(['en', 'de', 'ar'])}",
                "always.my-data",
                "",
                "\u0661.\u0662",
                "f" * 64,
            )
        )

    tokens = [forged() for _ in range(TOKENS)]
    changed = 0
    for given in tokens:
        event = pressed(house.vault, known, state, given)
        turn = advance(known.edition.script, state, event, known)
        changed += (turn.state.scene, turn.state.answers, turn.state.agreed, turn.state.picked) != (
            state.scene, state.answers, state.agreed, state.picked,
        )  # fmt: skip
        changed += any(not isinstance(effect, Said | Ignored) for effect in turn.effects)
    message = one.person.chat().messages[one.last_question().id]
    for given in [*tokens[:80], *(token for token in replayed[:20] if token not in now)]:
        one.person.world.tap(one.person.user, message, given[:64])
    await place.quiet()
    after = await one.state()
    print(f"\n{TOKENS} forged tokens, {changed} changed anything")
    assert changed == 0
    assert (after.scene, after.answers, after.agreed) == (state.scene, state.answers, state.agreed)


# --- twice, out of order, at once ---


async def test_the_same_call_of_the_messenger_has_one_effect(place: Town) -> None:
    family = place.family()
    await family.do("hello", "lang:en")
    family.news()
    update = written(place, family, "alone", 7_000_001)
    assert await asyncio.gather(*(call(place, update) for _ in range(5))) == [200] * 5
    await place.quiet()
    assert [line.text for line in family.news()].count(place.text("first-contact.country-ask")) == 1
    assert await call(place, update, secret="somebody else's") == 401


async def test_two_messages_at_once_are_both_heard_in_order(place: Town) -> None:
    family = place.family()
    await family.to_a_person()
    await family.say("the first", "the second", "the third")
    assert await family.kept() == ["the first", "the second", "the third"]


async def test_messages_that_come_in_the_wrong_order_are_read_in_the_right_one(place: Town) -> None:
    family = place.family()
    await family.to_a_person()
    family.person.write("the first")
    family.person.write("the second")
    place.api.faults.swap_newest(place.api.bot())
    await place.quiet()
    assert await family.kept() == ["the first", "the second"]


async def test_words_right_after_delete_everything_belong_to_a_new_talk(place: Town) -> None:
    family = place.family()
    await family.to_a_person()
    await family.do("something to forget", "/mydata", "always.mine-early-yes")
    family.news()
    family.tap("always.delete-yes")
    family.person.write("written in the same second")
    await place.quiet()
    said = [line.text for line in family.news()]
    assert said[0] == place.text("always.deleted-ok")
    assert said[-1] == place.text("first-contact.hello-language")
    assert await family.kept() == [] and (await family.state()).agreed == ()


# --- the messenger itself ---


async def with_a_note_planned(place: Town) -> Family:
    family = place.family()
    await family.to_a_person()
    talk = await family.talk()
    async with place.open.house.db.work() as w:
        made = await followups.plan(
            w, talk.id, plan="check-in", scene="follow-up.check-in", level="T3", now=place.open.clock(),
            window="weekend", zone="Europe/Vienna", country="AT", rng=random.Random(1),
        )  # fmt: skip
    assert made == 2
    return family


async def notes(place: Town, family: Family) -> set[str]:
    return {
        row.state for row in await place.rows(tables.follow_ups, conversation_id=(await family.talk()).id)
    }


async def test_who_blocks_us_gets_nothing_more_until_they_write_again(place: Town) -> None:
    family = await with_a_note_planned(place)
    family.person.block()
    await place.quiet()
    assert (await family.talk()).unreachable_at is not None
    assert await notes(place, family) == {"cancelled"}
    family.person.unblock()
    await place.quiet()
    assert (await family.talk()).unreachable_at is not None, "letting us write is not a word yet"
    family.news()
    await family.do("hello")
    assert (await family.talk()).unreachable_at is None
    assert family.news()


async def test_a_refused_message_is_not_tried_again_and_notes_end(place: Town) -> None:
    family = await with_a_note_planned(place)
    place.api.faults.error(
        "sendMessage", 403, "Forbidden: bot was blocked by the user", times=9, chat_id=family.person.id
    )
    calls = len(place.api.calls("sendMessage"))
    await family.say("are you there")
    assert len(place.api.calls("sendMessage")) == calls + 1
    assert (await family.talk()).unreachable_at is not None
    assert await notes(place, family) == {"cancelled"}
    assert await family.kept() == ["are you there"], "what they wrote is not lost"


def to_them(place: Town, family: Family) -> list[Any]:
    return [c for c in place.api.calls("sendMessage") if str(c.params["chat_id"]) == str(family.person.id)]


async def test_a_pause_the_messenger_asks_for_is_kept(place: Town) -> None:
    family = place.family()
    place.api.faults.flood(retry_after=2, chat_id=family.person.id)
    family.person.write("hello")
    await family.person.expect(place.text("first-contact.hello-language"), timeout=10)
    first, second, *_ = to_them(place, family)
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= 2.0
    await place.quiet()
    assert len(family.person.said()) == 2


@pytest.mark.parametrize("fault", ["error", "bad_gateway"])
async def test_a_server_in_trouble_is_asked_again_and_says_it_once(place: Town, fault: str) -> None:
    family = place.family()
    more = {"code": 500, "description": "Internal Server Error"} if fault == "error" else {}
    place.api.faults.add(fault, "sendMessage", chat_id=family.person.id, **more)
    await family.do("hello")
    texts = [line.text for line in family.person.said()]
    assert len(texts) == len(set(texts)) == 2


@pytest.mark.parametrize("fault", ["act_then_drop", "truncate"])
async def test_an_answer_that_was_lost_makes_at_most_one_copy_more(place: Town, fault: str) -> None:
    family = place.family()
    place.api.faults.add(fault, "sendMessage", times=9, chat_id=family.person.id)
    await family.do("hello")
    texts = [line.text for line in family.person.said()]
    assert [texts.count(text) for text in dict.fromkeys(texts)] == [2, 2]


async def test_a_family_whose_line_hangs_holds_up_nobody(place: Town) -> None:
    slow, quick = place.family("Slow"), place.family("Quick")
    place.api.faults.add("delay", "sendMessage", seconds=4.0, chat_id=slow.person.id)
    slow.person.write("hello")
    await place.api.until(lambda: to_them(place, slow), timeout=5)
    began = time.monotonic()
    quick.person.write("hello")
    await quick.person.expect(place.text("first-contact.hello-language"), timeout=10)
    assert time.monotonic() - began < AT_ONCE
    assert len(slow.person.said()) == 1, "their line still hangs"
    await slow.person.expect(place.text("first-contact.hello-language"), timeout=10)
    await place.quiet()
    assert len(slow.person.said()) == 2


async def test_a_second_program_with_the_same_token_is_named_in_the_log(place: Town) -> None:
    family = place.family()
    async with Bot(
        place.api.token, session=AiohttpSession(api=TelegramAPIServer.from_base(place.api.url))
    ) as thief:
        with capture_logs() as logged:
            await thief.get_updates(timeout=1)
            family.person.write("hello")
            await family.person.expect(place.text("first-contact.hello-language"), timeout=10)
    assert [line["code"] for line in logged if line["event"] == "accept-failed"] == [409]
