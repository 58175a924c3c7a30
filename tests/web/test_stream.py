"""What an open page hears: everything once, gaps refilled, and an end when the visit ends."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

import httpx
import pytest

from storage import outbox
from storage.outbox import Draft, Parcel
from tests.web.home import OURS, Home
from tests.web.test_doors import begin, give_code
from web import stream
from web.hub import Hub
from web.stream import AGAIN_TOLD, MOST_PAGES, Told


class Event(NamedTuple):
    name: str
    number: int | None
    data: dict[str, object]


class Listener:
    """A browser's EventSource, as far as the format goes."""

    def __init__(self, answer: httpx.Response) -> None:
        self.lines = answer.aiter_lines()
        self.beats = 0

    async def next(self) -> Event:
        """The next event; StopAsyncIteration when the stream has ended."""
        name, number, data = "message", None, ""
        async with asyncio.timeout(5):
            async for line in self.lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "id":
                    number = int(value)
                elif field == "data":
                    data += value
                elif line.startswith(":"):
                    self.beats += 1
                elif not line and data:
                    return Event(name, number, json.loads(data))
        raise StopAsyncIteration

    async def texts(self, count: int) -> list[object]:
        return [(await self.next()).data["text"] for _ in range(count)]


@asynccontextmanager
async def listener(
    browser: httpx.AsyncClient, after: int = 0, last_event: str = "", lang: str = "en"
) -> AsyncIterator[Listener]:
    headers = {"last-event-id": last_event} if last_event else {}
    address = f"/talk/stream?after={after}&lang={lang}"
    async with browser.stream("GET", address, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listener(answer)


@asynccontextmanager
async def family(house: Home) -> AsyncIterator[tuple[httpx.AsyncClient, int]]:
    """A browser with a begun talk, on a real server."""
    async with house.served() as address, httpx.AsyncClient(base_url=address, headers=OURS) as browser:
        await begin(browser)
        yield browser, (await house.talks())[-1]


async def numbers(house: Home, talk: int) -> list[int]:
    async with house.db.reading() as conn:
        return [number for number, _, _ in await outbox.history(conn, house.vault, talk)]


async def test_new_messages_arrive_with_their_numbers_and_answers(house: Home) -> None:
    async with family(house) as (browser, talk):
        newest = (await numbers(house, talk))[-1]
        async with listener(browser, newest) as ear:
            told = [await ear.next() for _ in range(2)]  # what the page has already; it leaves that out
            assert [one.number for one in told] == await numbers(house, talk)
            await browser.post("/talk", data={"text": "hello", "form": "1"})
            first, second = await ear.next(), await ear.next()
    assert first.number and second.number and newest < first.number < second.number
    assert first.data == {"text": "That sounds very hard.", "lang": "en", "dir": "ltr", "options": []}
    assert second.data["options"][0] == ["t0", "Yes, I am alone"]  # type: ignore[index]


async def test_after_a_cut_the_gap_is_refilled_from_the_last_event(house: Home) -> None:
    async with family(house) as (browser, talk):
        for n in range(AGAIN_TOLD + 5):
            await house.guide.tell(talk, f"before {n}")
        last = (await numbers(house, talk))[-1]
        for text in ("missed 1", "missed 2"):
            await house.guide.tell(talk, text)
        async with listener(browser, after=0, last_event=f"{last}") as ear:
            texts = await ear.texts(AGAIN_TOLD + 2)
    assert texts[-3:] == [f"before {AGAIN_TOLD + 4}", "missed 1", "missed 2"]


async def post(house: Home) -> None:
    """Send whatever is due."""
    while True:
        async with house.db.work() as w:
            due = await outbox.claim(w, house.vault, house.clock(), 9, timedelta(minutes=1), "post")
            for one in due:
                await outbox.sent(w, one.id, None, house.clock())
        if not due:
            return


async def test_a_message_planned_for_later_is_not_lost_behind_younger_ones(house: Home) -> None:
    async with family(house) as (browser, talk):
        late = house.clock() + timedelta(seconds=2)
        async with house.db.work() as w:
            draft = Draft(talk, "later", 1, "say", Parcel("a slow one", "en"), late)
            await outbox.put(w, house.vault, [draft], house.clock())
        await house.guide.tell(talk, "a quick one")
        newest = (await numbers(house, talk))[-1]
        async with listener(browser, newest) as ear:
            assert (await ear.texts(3))[-1] == "a quick one"
            house.clock.forward(seconds=3)
            await post(house)
            house.hub.tell(talk)
            assert await ear.texts(1) == ["a slow one"]


async def test_what_is_not_shown_again_is_not_told_again_either(house: Home) -> None:
    async with family(house) as (browser, talk):
        house.clock.forward(minutes=31)
        await browser.post("/talk", data={"text": "back again", "form": "1"})
        house.clock.forward(minutes=31)
        page = (await browser.get("/talk")).text
        assert "automatic guide" not in page
        async with listener(browser, (await numbers(house, talk))[-1]) as ear:
            assert await ear.texts(1) == ["That sounds very hard."]


async def test_a_clear_ends_the_line_and_nothing_before_it_is_told_again(house: Home) -> None:
    async with family(house) as (browser, talk):
        async with listener(browser) as ear:
            await ear.texts(2)
            await browser.post("/talk", data={"word": "hide"})
            assert (await ear.next()).name == "clear"
            with pytest.raises(StopAsyncIteration):
                await ear.next()
        cleared = (await numbers(house, talk))[-2]
        async with listener(browser, after=cleared) as ear:
            await house.guide.tell(talk, "after")
            assert await ear.texts(2) == ["OK.", "after"]


async def test_another_language_is_said_before_any_message_in_it(house: Home) -> None:
    async with family(house) as (browser, _), listener(browser) as ear:
        await ear.texts(2)
        await browser.post("/talk", data={"tap": "lang:ar"})
        assert (await ear.next()).name == "language"


async def test_the_line_ends_when_the_talk_moves_to_another_browser(house: Home) -> None:
    async with family(house) as (browser, _), listener(browser) as ear:
        await ear.texts(2)
        await give_code(house, "1111")
        async with house.browser() as laptop:
            await laptop.post("/return", data={"code": "1111"})
        assert (await ear.next()).name == "end"


async def test_a_browser_without_a_visit_is_told_the_end_at_once(house: Home) -> None:
    async with (
        house.served() as address,
        httpx.AsyncClient(base_url=address) as browser,
        listener(browser) as ear,
    ):
        assert (await ear.next()).name == "end"


async def test_a_silent_line_shows_signs_of_life(house: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BEAT", 0.05)
    async with family(house) as (browser, talk), listener(browser) as ear:
        await ear.texts(2)
        await asyncio.sleep(0.3)
        await house.guide.tell(talk, "there")
        assert await ear.texts(1) == ["there"]
        assert ear.beats >= 3


async def test_what_another_process_wrote_is_found_without_a_call(
    house: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BEAT", 0.05)
    async with family(house) as (browser, talk), listener(browser) as ear:
        await ear.texts(2)
        async with house.db.work() as w:
            draft = Draft(talk, "other", 1, "say", Parcel("from elsewhere", "en"))
            await outbox.put(w, house.vault, [draft], house.clock())
        assert await ear.texts(1) == ["from elsewhere"]


async def deserted(house: Home, browser: httpx.AsyncClient, talk: int) -> None:
    """The server has noticed that every page is closed."""
    async with asyncio.timeout(5):
        while house.hub.listening(talk):
            await browser.get("/healthz")
    await house.settled()


async def test_a_talk_cannot_hold_lines_without_end_and_a_closed_page_gives_its_line_back(
    house: Home,
) -> None:
    async with family(house) as (browser, talk):
        async with AsyncExitStack() as pages:
            ears = [await pages.enter_async_context(listener(browser)) for _ in range(MOST_PAGES)]
            for ear in ears:
                await ear.texts(2)
            assert (await browser.get("/talk/stream")).status_code == 429
        await deserted(house, browser, talk)
        async with listener(browser) as ear:
            await ear.texts(2)


async def test_pages_that_close_at_any_moment_leave_no_connection_behind(house: Home) -> None:
    async with family(house) as (browser, talk):
        for n in range(25):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.001 + n * 0.001), listener(browser) as ear:
                    await ear.texts(99)
            house.hub.tell(talk)
        await deserted(house, browser, talk)
        gc.collect()  # a connection that was left open would complain here


async def test_the_house_can_shut_while_pages_listen(house: Home) -> None:
    async with family(house) as (browser, talk), listener(browser) as ear:
        await ear.texts(2)
        house.hub.close()
        with pytest.raises(StopAsyncIteration):
            await ear.next()
        assert house.hub.listening(talk) == 0


async def test_when_the_database_goes_the_line_ends_quietly(house: Home) -> None:
    async with family(house) as (browser, talk), listener(browser) as ear:
        await ear.texts(2)
        await house.break_database()
        house.hub.tell(talk)
        with pytest.raises(StopAsyncIteration):
            await ear.next()


async def test_a_call_between_looking_and_waiting_is_heard() -> None:
    hub = Hub()
    with hub.listen(1) as ear:
        hub.tell(1)
        assert await ear.wait(0)
        hub.tell(2)
        assert not await ear.wait(0)
    assert hub.listening(1) == 0


def test_only_the_newest_few_are_told_again_and_each_once_on_a_line() -> None:
    history = [(n, Parcel(f"{n}", "en"), "say") for n in range(1, 101)]
    told = Told(after=90)
    first = [n for n, _, _ in told.new(history)]
    assert first == list(range(91 - AGAIN_TOLD, 101))
    assert told.since == 90 - AGAIN_TOLD
    assert told.new(history[-20:]) == []


def test_nothing_before_a_clear_is_told_again() -> None:
    history = [(n, Parcel(f"{n}", "en"), "clear" if n == 5 else "say") for n in range(1, 9)]
    assert [n for n, _, _ in Told(after=8).new(history)] == [6, 7, 8]
