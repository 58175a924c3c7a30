"""What goes wrong on purpose goes wrong exactly so, and only so often."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from tests.botapi import BotApi, FloodPolicy, ManualClock, Person

from .conftest import Raw


async def test_an_error_comes_as_often_as_planned_and_acts_not(raw: Raw, amal: Person) -> None:
    raw.api.faults.error("sendMessage", 500, "Internal Server Error", times=2)
    for _ in range(2):
        assert await raw.refused("sendMessage", chat_id=amal.id, text="x") == "500 Internal Server Error"
    assert amal.said() == []
    await raw.ok("sendMessage", chat_id=amal.id, text="x")


async def test_a_scripted_flood_carries_retry_after(raw: Raw, amal: Person) -> None:
    raw.api.faults.flood(retry_after=5)
    status, body = await raw.send("sendMessage", chat_id=amal.id, text="x")
    assert (status, body["parameters"]) == (429, {"retry_after": 5})
    assert body["description"] == "Too Many Requests: retry after 5"


async def test_a_fault_may_be_for_one_chat_only(raw: Raw, amal: Person) -> None:
    other = raw.api.person()
    other.start()
    raw.api.faults.error("sendMessage", 400, "Bad Request: no", chat_id=amal.id)
    await raw.ok("sendMessage", chat_id=other.id, text="x")
    await raw.refused("sendMessage", chat_id=amal.id, text="x")


async def test_bad_gateway_is_a_page(raw: Raw) -> None:
    raw.api.faults.bad_gateway("getMe")
    async with raw.session.get(f"{raw.api.url}/bot{raw.token}/getMe") as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")


@pytest.mark.parametrize("acts", [True, False])
async def test_the_answer_is_lost_whether_it_acted_or_not(raw: Raw, amal: Person, acts: bool) -> None:
    (raw.api.faults.act_then_drop if acts else raw.api.faults.drop)("sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await raw.send("sendMessage", chat_id=amal.id, text="perhaps")
    assert [line.text for line in amal.said()] == (["perhaps"] if acts else [])
    await raw.ok("getMe")


async def test_half_of_the_json(raw: Raw, amal: Person) -> None:
    raw.api.faults.truncate("sendMessage")
    with pytest.raises(json.JSONDecodeError):
        await raw.send("sendMessage", chat_id=amal.id, text="x")
    assert len(amal.said()) == 1


async def test_a_hanging_call_ends_when_the_caller_gives_up(raw: Raw, amal: Person) -> None:
    raw.api.faults.hang("sendMessage")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(raw.send("sendMessage", chat_id=amal.id, text="x"), 0.05)
    assert amal.said() == []


async def test_a_late_answer_waits_for_the_servers_clock(raw: Raw, amal: Person) -> None:
    raw.api.faults.delay("sendMessage", 30)
    late = asyncio.create_task(raw.ok("sendMessage", chat_id=amal.id, text="x"))
    await amal.expect("x")
    assert not late.done()
    raw.api.jump(30)
    assert (await late)["text"] == "x"


async def test_odd_updates_come_between_good_ones(raw: Raw, amal: Person) -> None:
    bot = raw.api.bot()
    amal.write("before")
    raw.api.faults.malformed_update(bot, amal.id)
    raw.api.faults.unknown_update(bot)
    amal.write("after")
    updates = await raw.ok("getUpdates")
    numbers = [update["update_id"] for update in updates]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert "thought_transferred" in updates[2]
    assert "sender_user_name" not in updates[1]["message"]["forward_origin"]


async def test_updates_come_twice_and_out_of_order(raw: Raw, amal: Person) -> None:
    bot = raw.api.bot()
    amal.write("one")
    amal.write("two")
    raw.api.faults.swap_newest(bot)
    raw.api.faults.duplicate_update(bot)
    updates = await raw.ok("getUpdates")
    assert [update["message"]["text"] for update in updates] == ["two", "one", "two"]
    assert updates[0]["update_id"] == updates[2]["update_id"] > updates[1]["update_id"]


async def test_the_documented_limits_when_asked_for(clock: ManualClock, http: aiohttp.ClientSession) -> None:
    async with BotApi.serve(clock=clock, flood=FloodPolicy.documented()) as api:
        raw, amal = Raw(http, api), api.person()
        amal.start()
        for _ in range(3):
            await raw.ok("sendMessage", chat_id=amal.id, text="burst")
        assert (
            await raw.refused("sendMessage", chat_id=amal.id, text="x")
            == "429 Too Many Requests: retry after 3"
        )
        api.jump(3)
        await raw.ok("sendMessage", chat_id=amal.id, text="x")
        group = api.group("Team", amal)
        for _ in range(20):
            await raw.ok("sendMessage", chat_id=group.id, text="x")
        assert (
            await raw.refused("sendMessage", chat_id=group.id, text="x")
            == "429 Too Many Requests: retry after 60"
        )


async def test_misspelt_parameters_become_warnings(clock: ManualClock, http: aiohttp.ClientSession) -> None:
    async with BotApi.serve(clock=clock) as api:
        raw, amal = Raw(http, api), api.person()
        amal.start()
        await raw.ok("sendMessage", chat_id=amal.id, text="x", protect_contents=True)
        markup = {"inline_keyboard": [[{"text": "a", "callback_data": "b", "colour": "red"}]]}
        await raw.ok("sendMessage", chat_id=amal.id, text="x", reply_markup=markup)
        await raw.ok("sendMessage", chat_id=amal.id, text="x", disable_notification="perhaps")
        assert api.warnings[0] == "sendMessage: unknown parameter protect_contents"
        assert "colour: no such field" in api.warnings[1]
        assert "disable_notification" in api.warnings[2] and len(api.warnings) == 3
