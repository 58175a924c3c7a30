"""What waits for the bot: kept until confirmed, gone when too old, never shared by two pollers."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.botapi import BotApi, ManualClock, Person

from .conftest import Raw


async def texts(raw: Raw, **params: int) -> list[str]:
    return [update["message"]["text"] for update in await raw.ok("getUpdates", **params)]


async def test_an_update_comes_again_until_its_offset_is_passed(raw: Raw, amal: Person) -> None:
    amal.write("one")
    amal.write("two")
    first = await raw.ok("getUpdates")
    assert [update["update_id"] for update in first] == [first[0]["update_id"], first[0]["update_id"] + 1]
    assert await texts(raw) == ["one", "two"]
    assert await texts(raw, offset=first[1]["update_id"]) == ["two"]
    assert await texts(raw, offset=first[1]["update_id"] + 1) == []
    assert await texts(raw, offset=first[0]["update_id"]) == []


async def test_a_negative_offset_keeps_only_the_last_ones(raw: Raw, amal: Person) -> None:
    for number in range(5):
        amal.write(str(number))
    assert await texts(raw, offset=-2) == ["3", "4"]
    assert await texts(raw) == ["3", "4"]


async def test_an_offset_far_in_the_future_forgets_nothing(raw: Raw, amal: Person) -> None:
    amal.write("still here")
    assert await texts(raw, offset=2_000_000_000) == ["still here"]


async def test_limit_is_between_one_and_a_hundred(raw: Raw, amal: Person) -> None:
    for number in range(120):
        amal.write(str(number))
    assert len(await texts(raw, limit=0)) == 1
    assert len(await texts(raw, limit=1000)) == 100


async def test_a_long_poll_ends_as_soon_as_somebody_writes(raw: Raw, amal: Person) -> None:
    poll = asyncio.create_task(texts(raw, timeout=30))
    await raw.api.until(lambda: raw.api.calls("getUpdates"))
    amal.write("now")
    assert await asyncio.wait_for(poll, 5) == ["now"]


async def test_a_message_waits_a_day_and_a_tap_150_seconds(raw: Raw, amal: Person) -> None:
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup=markup)
    amal.write("kept")
    amal.tap("Yes")
    raw.api.jump(149)
    assert len(await raw.ok("getUpdates")) == 2
    raw.api.jump(2)
    assert [list(update)[1] for update in await raw.ok("getUpdates")] == ["message"]
    raw.api.jump(86_400)
    assert await raw.ok("getUpdates") == []


async def test_the_earlier_poll_ends_with_a_conflict(raw: Raw, amal: Person) -> None:
    earlier = asyncio.create_task(raw.refused("getUpdates", timeout=30))
    await raw.api.until(lambda: len(raw.api.calls("getUpdates")) == 1)
    later = asyncio.create_task(texts(raw, timeout=30))
    assert (await earlier).startswith("409 Conflict: terminated by other getUpdates request; make sure")
    amal.write("for the later one")
    assert await later == ["for the later one"]


async def test_a_poll_without_waiting_ends_nobody_elses(raw: Raw, amal: Person) -> None:
    waiting = asyncio.create_task(texts(raw, timeout=30))
    await raw.api.until(lambda: raw.api.calls("getUpdates"))
    assert await texts(raw, timeout=0) == []
    amal.write("hello")
    assert await waiting == ["hello"]


async def test_a_webhook_and_polling_exclude_each_other(raw: Raw) -> None:
    poll = asyncio.create_task(raw.refused("getUpdates", timeout=30))
    await raw.api.until(lambda: raw.api.calls("getUpdates"))
    await raw.ok("setWebhook", url="http://127.0.0.1:9/hook")
    assert await poll == "409 Conflict: terminated by setWebhook request"
    assert "can't use getUpdates method while webhook is active" in await raw.refused("getUpdates")
    await raw.ok("deleteWebhook")
    assert await raw.ok("getUpdates") == []


async def test_the_filter_is_remembered_and_works_when_updates_are_made(raw: Raw, amal: Person) -> None:
    await raw.ok("getUpdates", allowed_updates=["callback_query"])
    amal.write("filtered away")
    assert await raw.ok("getUpdates") == []
    await raw.ok("getUpdates", allowed_updates=[])
    assert await raw.ok("getUpdates") == []
    amal.write("seen")
    assert await texts(raw) == ["seen"]


async def test_reactions_and_membership_of_others_come_only_when_asked_for(raw: Raw, api: BotApi) -> None:
    owner, guest = api.person("Owner"), api.person("Guest")
    group = api.group("Family", owner)
    guest.join(group)
    kinds = {list(update)[1] for update in await raw.ok("getUpdates")}
    assert kinds == {"my_chat_member", "message"}
    await raw.ok("getUpdates", allowed_updates=["chat_member"], offset=-1)
    guest.leave(group)
    assert list((await raw.ok("getUpdates"))[-1])[1] == "chat_member"


async def test_asking_the_same_offset_again_at_once_gives_one_update(
    clock: ManualClock, http: aiohttp.ClientSession
) -> None:
    async with BotApi.serve(clock=clock, repeat_penalty=True) as api:
        raw, amal = Raw(http, api), api.person()
        for number in range(3):
            amal.write(str(number))
        assert len(await raw.ok("getUpdates")) == 3
        assert len(await raw.ok("getUpdates")) == 1
        api.jump(0.6)
        assert len(await raw.ok("getUpdates")) == 3


async def test_bots_know_nothing_of_what_people_delete(raw: Raw, amal: Person) -> None:
    line = amal.write("wrong chat")
    await raw.ok("getUpdates", offset=-1)
    amal.delete(line)
    assert len(await raw.ok("getUpdates")) == 1
    assert amal.transcript()[-1].text != "wrong chat"


async def test_an_edit_and_a_block_are_told(raw: Raw, amal: Person) -> None:
    amal.edit(amal.write("I am fien"), "I am fine")
    amal.block()
    amal.start()
    kinds = [list(update)[1] for update in await raw.ok("getUpdates")]
    assert kinds == ["message", "edited_message", "my_chat_member", "my_chat_member", "message"]
    member = (await raw.ok("getUpdates"))[2]["my_chat_member"]
    assert member["old_chat_member"]["status"] == "member"
    assert member["new_chat_member"] == {
        "user": member["new_chat_member"]["user"],
        "status": "kicked",
        "until_date": 0,
    }


async def test_a_second_conflict_within_three_seconds_is_held_back(
    clock: ManualClock, http: aiohttp.ClientSession
) -> None:
    async with BotApi.serve(clock=clock, conflict_delay=True, any_webhook_url=True) as api:
        raw = Raw(http, api)
        await raw.ok("setWebhook", url="http://127.0.0.1:9/hook")
        await raw.refused("getUpdates")
        held = asyncio.create_task(raw.refused("getUpdates"))
        await api.until(lambda: len(api.calls("getUpdates")) == 2)
        assert not held.done()
        api.jump(3)
        assert (await held).startswith("409 Conflict: can't use getUpdates")
