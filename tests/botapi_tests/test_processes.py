"""The server beside other processes: a bot that is killed loses nothing here, and much at once is cheap."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.botapi import BotApi, Person

ROOT = Path(__file__).parents[2]
BOT = """
import json, sys, urllib.request
base = sys.argv[1]
def call(method, **params):
    body = json.dumps(params).encode()
    asked = urllib.request.Request(f"{base}/{method}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        return json.load(answer)["result"]
offset = 0
while True:
    for update in call("getUpdates", offset=offset, timeout=20):
        message = update["message"]
        call("sendMessage", chat_id=message["chat"]["id"], text="got " + message["text"])
        offset = update["update_id"] + 1
"""


class KillableBot:
    """A bot in its own process, which only ever dies by kill -9."""

    def __init__(self, api: BotApi) -> None:
        self.base = f"{api.url}/bot{api.token}"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, self.base)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


def answered(api: BotApi, count: int) -> bool:
    return len(api.calls("sendMessage")) >= count


async def test_a_bot_killed_three_times_still_hears_everything(api: BotApi) -> None:
    bot = KillableBot(api)
    said = await api.feed(updates=120, people=8, rate=0)
    for kill_at in (20, 50, 80):
        await bot.start()
        await api.until(partial(answered, api, kill_at), 20)
        await bot.kill()
    await bot.start()
    wanted = {f"got {fed.text}" for fed in said}
    await api.until(lambda: wanted <= {str(call.params["text"]) for call in api.calls("sendMessage")}, 20)
    await bot.kill()
    times = [call.at for call in api.calls()]
    assert times == sorted(times)
    repeated = len(api.calls("sendMessage")) - len(wanted)
    assert 0 <= repeated <= 400


async def test_two_thousand_updates_of_forty_people_are_cheap(api: BotApi) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    said = await api.feed(updates=2000, people=40, rate=0)
    offset = 0
    heard: list[str] = []
    async with aiohttp.ClientSession() as session:
        while len(heard) < len(said):
            params = {"offset": offset, "timeout": 5}
            async with session.post(f"{api.url}/bot{api.token}/getUpdates", json=params) as answer:
                updates = (await answer.json())["result"]
            heard += [update["message"]["text"] for update in updates]
            offset = updates[-1]["update_id"] + 1
    assert heard == [fed.text for fed in said]
    assert len({fed.person_id for fed in said}) == 40
    assert loop.time() - begin < 5
    api.world.calls.clear()


async def test_a_feed_keeps_its_pace(api: BotApi) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    await api.feed(updates=20, people=3, rate=200)
    assert 0.09 < loop.time() - begin < 2


@pytest.fixture
async def other_process() -> AsyncIterator[dict[str, str]]:
    """The server started by hand, as the README says."""
    command = [sys.executable, "-m", "tests.botapi", "--port", "0", "--fast"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    yield json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_the_server_runs_by_itself(other_process: dict[str, str]) -> None:
    url, token = other_process["url"], other_process["token"]
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/person/feed", json={"updates": 30, "people": 3, "rate": 0}) as answer:
            assert await answer.json() == {"started": True}
        async with session.get(f"{url}/bot{token}/getUpdates", params={"timeout": "5"}) as answer:
            assert (await answer.json())["result"][0]["message"]["text"] == "m00000"
        async with session.get(f"{url}/person/feed") as answer:
            assert len(await answer.json()) == 30
        async with session.get(f"{url}/person/page") as answer:
            assert answer.status == 200
        poll = asyncio.create_task(session.get(f"{url}/bot{token}/getUpdates?offset=-1&timeout=0"))
        (await poll).close()


async def test_people_created_by_a_feed_are_people_like_others(api: BotApi) -> None:
    said = await api.feed(updates=3, people=1, rate=0)
    person = api.find_person(said[0].person_id)
    assert isinstance(person, Person)
    assert [line.text for line in person.transcript()] == ["m00000", "m00001", "m00002"]
