"""One poison update in sixty: the other fifty-nine are answered at once, and nobody is met with silence (security F2)."""

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import ClientDecodeError
from aiogram.methods import GetUpdates
from aiogram.types import Message

from bot.channels.port import Unreadable
from bot.channels.telegram import Telegram
from storage import inbox, tables
from tests.botapi import BotApi
from tests.promises.conftest import SECRET, town
from tests.promises.family import Family, Town

PEOPLE = 60
PLACE = 25  # of the poison among them
AT_ONCE = 2.0  # seconds
CONTROL_AND_BIDI = "\u202eabc\u202d\x07\x1b[31m \u200f\u2067x\u2069\x0b"
HALF = "\ud83d"  # half of a character

Json = dict[str, Any]


def message(family: Family, **content: object) -> Json:
    person = {"id": family.person.id, "is_bot": False, "first_name": "Odd"}
    chat = {"id": family.person.id, "type": "private", "first_name": "Odd"}
    return {"message": {"message_id": 1, "from": person, "chat": chat, "date": 1795199429, **content}}


def nested(levels: int) -> Json:
    body: Json = {"text": "the innermost"}
    for _ in range(levels):
        body = {"reply_to_message": body}
    return body


def old_forward(family: Family) -> Json:
    """What an old forward with a hidden author really looks like (aiogram#1840)."""
    return message(family, text="forwarded long ago", forward_origin={"type": "hidden_user", "date": 1})


UNREADABLE: dict[str, Any] = {
    "an old forward": old_forward,
    "half a character": lambda f: message(f, text=f"hello {HALF}"),
    "half a character as a language": lambda f: message(f, text="x", language_code=HALF),
    "text that is a number": lambda f: message(f, text=7),
    "a date beyond all time": lambda f: message(f, text="x", date=10**30),
    "seventy levels of nesting": lambda f: message(f, text="x", **nested(70)),
    "a tap without a sender": lambda f: {"callback_query": {"id": "1", "message": message(f)["message"]}},
}
READABLE: dict[str, Any] = {
    "control and direction marks": lambda f: message(f, text=CONTROL_AND_BIDI),
    "a letter that ends strings": lambda f: message(f, text="hello\0world"),
    "the longest message there is": lambda f: message(f, text="w" * 4096),
    "only marks without letters": lambda f: message(f, text="\u0300\u0301\u200d\ufeff"),
}
NOBODYS: dict[str, Json] = {
    "a kind from the future": {"thought_transferred": {"id": "1", "clarity": 0.5}},
    "without any person": {"message": {"message_id": 1, "text": "x"}},
    "a person that is a list": {"message": {"chat": [1], "from": "me"}},
    "an empty update": {},
    "null": {"message": None},
}


async def a_crowd(place: Town) -> list[Family]:
    """Sixty people who have just been asked for their language."""
    crowd = [place.family(f"P{n}") for n in range(PEOPLE)]
    for family in crowd:
        family.person.write("hello")
    await place.quiet()
    for family in crowd:
        family.news()
    return crowd


def feed(place: Town, body: Json, key: str = "odd") -> None:
    place.api.faults.raw_update(place.api.bot(), body, key)


async def test_one_poison_in_sixty_delays_nobody(home: Path) -> None:
    async with town(home) as place:
        crowd = await a_crowd(place)
        turns, rounds = place.open.house.turns, []
        one_round = turns.round

        async def counted() -> int:
            taken = await one_round()
            rounds.append(taken)
            return taken

        turns.round = counted  # type: ignore[method-assign]
        began = time.monotonic()
        for number, family in enumerate(crowd):
            feed(place, old_forward(family)) if number == PLACE else family.person.write("English")
        await place.api.until(lambda: all(family.answered for family in crowd), timeout=10)
        took = time.monotonic() - began
        await place.quiet()

        answers = [family.news() for family in crowd]
        others = [lines[-1].text for number, lines in enumerate(answers) if number != PLACE]
        print(
            f"\n{len(others)} of {PEOPLE} answered beside one poison, all in {took:.2f} s; rows: {max(rounds)}"
        )
        assert others == [place.text("first-contact.safe-ask")] * (PEOPLE - 1)
        assert max(rounds) == PEOPLE, "all of them in the same round"
        assert took < AT_ONCE
        assert answers[PLACE][0].text == place.text("always.unreadable"), "whoever sent it is told so"
        [parked] = await place.rows(tables.inbox, state="parked")
        assert (parked.why, b"forwarded" in parked.body) == ("unreadable", False), "put aside, sealed"
        async with place.open.house.db.work() as w:
            assert await inbox.waiting(w) == 0

        await crowd[PLACE].do("English")
        assert crowd[PLACE].news()[-1].text == place.text("first-contact.safe-ask"), "their talk goes on"


async def test_every_kind_of_poison_in_one_batch(home: Path) -> None:
    """Whatever comes, in one heap: whoever can be found is answered, and everybody else too."""
    async with town(home, telegram_webhook_secret=SECRET) as place:
        crowd = await a_crowd(place)
        poisoners = dict(zip([*UNREADABLE, *READABLE], crowd, strict=False))
        rest = crowd[len(poisoners) :]
        began = time.monotonic()
        for family in rest[::2]:
            family.person.write("English")
        for number, (name, family) in enumerate(poisoners.items()):
            body = {**UNREADABLE, **READABLE}[name](family)
            if "ud83d" in json.dumps(body):  # what no polled batch could carry comes by the other way
                assert await call(place, {"update_id": number, **body}) == 200
            else:
                feed(place, body)
        for body in NOBODYS.values():
            feed(place, body)
        for family in rest[1::2]:
            family.person.write("English")
        await place.api.until(lambda: all(family.answered for family in crowd), timeout=10)
        took = time.monotonic() - began
        await place.quiet()
        for family in rest:
            assert family.news()[-1].text == place.text("first-contact.safe-ask")
        for name, family in poisoners.items():
            said = [line.text for line in family.news()]
            assert (place.text("always.unreadable") in said) == (name in UNREADABLE), name
        parked = await place.rows(tables.inbox, state="parked")
        assert [row.why for row in parked] == ["unreadable"] * len(UNREADABLE)
        print(
            f"\n{len(poisoners)} odd updates, {len(NOBODYS)} of nobody, {len(rest)} others: all in {took:.2f} s"
        )
        assert took < AT_ONCE


async def call(place: Town, update: Json) -> int:
    """The messenger calls the webhook."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{place.open.url}/telegram", data=json.dumps(update), headers=headers) as answer,
    ):
        return answer.status


async def test_a_number_no_database_can_hold_stops_nothing(home: Path) -> None:
    async with town(home) as place:
        family = place.family()
        await family.do("hello")
        for number in (2**70, -(2**70), True, "7", None):
            odd = {**message(family, text="x"), "update_id": number}
            assert await place.open.house.door.take_in([odd]) == 0
        assert await place.open.house.door.take_in([message(family, text="x")]) == 0
        await family.do("English")
        assert family.news()[-1].text == place.text("first-contact.safe-ask")


PERSON = {"id": 7, "is_bot": False, "first_name": "A", "language_code": "en"}
CHAT = {"id": 7, "type": "private"}
WHOLE = {"message_id": 1, "from": PERSON, "chat": CHAT, "date": 1795199429, "text": "hello"}
PHOTO = {"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}
TAP = {"id": "1", "from": PERSON, "message": WHOLE, "chat_instance": "1", "data": "x"}
SEEDS: tuple[Json, ...] = (
    {"update_id": 1, "message": {**WHOLE, "photo": [PHOTO]}},
    {"update_id": 1, "edited_message": {**WHOLE, "edit_date": 1795199430}},
    {"update_id": 1, "callback_query": TAP},
    {
        "update_id": 1,
        "message": {**WHOLE, "forward_origin": {"type": "user", "date": 1, "sender_user": PERSON}},
    },
)
NUMBERS = (-1, 2**63, 10**30, 1e308, True)
ODD = (None, "", "x" * 300, *NUMBERS, [], {}, [[]], {"type": "hidden_user"}, HALF, "\0", "NaN")


async def test_no_damaged_update_is_ever_more_than_unreadable() -> None:
    """Ten thousand updates with something broken in them: read, or unreadable, and nothing else."""
    chance, counts = random.Random(2), {"read": 0, "unreadable": 0}
    telegram = Telegram("1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")

    def break_one(value: Any) -> Any:
        if isinstance(value, dict) and value and chance.random() < 0.8:
            key = chance.choice(list(value))
            return {**value, key: break_one(value[key])}
        return chance.choice(ODD)

    for number in range(10_000):
        body = json.dumps(break_one(SEEDS[number % len(SEEDS)]))
        try:
            telegram.decode(body.encode())
            counts["read"] += 1
        except Unreadable:
            counts["unreadable"] += 1
    await telegram.close()
    print(f"\n{counts}")
    assert min(counts.values()) > 100


# --- controls: what a library does when it decodes a whole batch ---


async def test_the_control_that_decodes_in_bulk_answers_nobody_behind_the_poison() -> None:
    """aiogram as it comes: the same sixty, the same poison; then the batch comes again and again."""
    async with BotApi.serve() as api:
        bot = Bot(api.token, session=AiohttpSession(api=TelegramAPIServer.from_base(api.url)))
        stock = Dispatcher()
        stock.message.register(greet)
        for number in range(PEOPLE):
            person = api.person(f"P{number}", "en")
            if number == PLACE:
                api.faults.malformed_update(api.bot(), person.id)
            else:
                person.write("hello")
        with pytest.raises(ClientDecodeError):
            await bot(GetUpdates())
        polling = asyncio.create_task(stock.start_polling(bot, handle_signals=False))
        await api.until(lambda: len(api.calls("getUpdates")) >= 3, timeout=10)
        answered = len(api.calls("sendMessage"))
        await stock.stop_polling()
        await polling
        print(f"\nthe control answered {answered} of {PEOPLE}")
        assert answered < PEOPLE - 1


async def greet(heard: Message) -> None:
    await heard.answer("hello")
