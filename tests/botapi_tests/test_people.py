"""The person's side: what somebody with a telephone can do, by Python, over HTTP, and on the page."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.botapi import BotApi, Person

from .conftest import Raw


async def texts(raw: Raw) -> list[str]:
    return [u["message"].get("text", "") for u in await raw.ok("getUpdates") if "message" in u]


async def test_a_start_payload_is_kept_only_when_it_is_allowed(raw: Raw, api: BotApi) -> None:
    amal = api.person()
    amal.start("campaign_1")
    amal.start("not allowed!")
    amal.start("x" * 65)
    assert await texts(raw) == ["/start campaign_1", "/start", "/start"]
    assert (await raw.ok("getUpdates"))[0]["message"]["entities"][0] == {
        "type": "bot_command",
        "offset": 0,
        "length": 6,
    }


async def test_the_language_of_the_app_reaches_the_bot(raw: Raw, api: BotApi) -> None:
    api.person("أمل", "ar", username="amal_test").write("x")
    sender = (await raw.ok("getUpdates"))[0]["message"]["from"]
    assert (sender["first_name"], sender["language_code"], sender["username"]) == ("أمل", "ar", "amal_test")
    assert sender["id"] < 2**52


async def test_a_blocked_bot_hears_nothing_until_start(raw: Raw, amal: Person) -> None:
    amal.block()
    with pytest.raises(RuntimeError):
        amal.write("hello?")
    amal.start()
    assert await texts(raw) == ["/start"]


async def test_a_tap_works_by_label_or_data_and_a_keyboard_writes_its_label(raw: Raw, amal: Person) -> None:
    inline = {
        "inline_keyboard": [
            [{"text": "نعم", "callback_data": "yes"}, {"text": "Site", "url": "https://example.org"}]
        ]
    }
    await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup=inline)
    assert amal.tap("yes").query and amal.tap("نعم").query
    assert amal.tap("Site").url == "https://example.org/"
    await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup={"keyboard": [[{"text": "Later"}]]})
    amal.tap("Later")
    assert amal.transcript()[-1].text == "Later"
    with pytest.raises(LookupError):
        amal.tap("No such button")


async def test_a_tap_on_a_deleted_message_shows_an_inaccessible_one(raw: Raw, amal: Person) -> None:
    inline = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup=inline)
    await raw.ok("deleteMessage", chat_id=amal.id, message_id=sent["message_id"])
    amal.tap("Yes", sent["message_id"])
    query = (await raw.ok("getUpdates"))[0]["callback_query"]
    assert query["message"] == {"message_id": sent["message_id"], "chat": query["message"]["chat"], "date": 0}


async def test_in_groups_a_bot_hears_only_what_is_meant_for_it(raw: Raw, api: BotApi) -> None:
    owner = api.person("Owner")
    group = api.group("Family", owner, admin=False)
    api.bot().queue.pending.clear()
    sent = await raw.ok("sendMessage", chat_id=group.id, text="I am here")
    owner.write("between us", group)
    owner.write("/help", group)
    owner.write("/help@beside_test_bot", group)
    owner.write("/help@other_bot", group)
    owner.write("thanks", group, reply_to=sent["message_id"])
    assert await texts(raw) == ["/help", "/help@beside_test_bot", "thanks"]


async def test_bots_never_hear_bots(raw: Raw, api: BotApi, http: aiohttp.ClientSession) -> None:
    second = api.add_bot(reads_all_groups=True)
    group = api.group("Family", api.person("Owner"), [api.token, second])
    other = Raw(http, api, second)
    await other.ok("getUpdates", offset=-1)
    await raw.ok("sendMessage", chat_id=group.id, text="bot to bot")
    assert "bot to bot" not in await texts(other)


async def test_a_kicked_bot_is_told_and_refused(raw: Raw, api: BotApi) -> None:
    owner = api.person("Owner")
    group = api.group("Family", owner)
    group.remove_bot(api.bot(), owner.user)
    refusal = await raw.refused("sendMessage", chat_id=group.id, text="x")
    assert refusal == "403 Forbidden: bot was kicked from the supergroup chat"
    assert (await raw.ok("getUpdates"))[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_message_numbers_are_not_one_and_supergroups_count_alone(
    raw: Raw, api: BotApi, amal: Person
) -> None:
    sent = await raw.ok("sendMessage", chat_id=amal.id, text="x")
    assert sent["message_id"] > 100
    group = api.group("Team", amal)
    assert group.id < -1_000_000_000_000
    assert (await raw.ok("sendMessage", chat_id=group.id, text="x"))["message_id"] < 10


async def test_a_closed_topic_refuses_who_is_not_administrator(raw: Raw, api: BotApi, amal: Person) -> None:
    desk = api.group("Desk", amal, forum=True)
    topic = amal.open_topic("Case", desk)
    await raw.ok("closeForumTopic", chat_id=desk.id, message_thread_id=topic)
    assert "TOPIC_NOT_MODIFIED" in await raw.refused(
        "closeForumTopic", chat_id=desk.id, message_thread_id=topic
    )
    desk.add_bot(api.bot(), amal.user, admin=False)
    refusal = await raw.refused("sendMessage", chat_id=desk.id, text="x", message_thread_id=topic)
    assert refusal == "400 Bad Request: TOPIC_CLOSED"
    assert "not enough rights to create a topic" in await raw.refused(
        "createForumTopic", chat_id=desk.id, name="n"
    )
    kinds = [set(update["message"]) for update in await raw.ok("getUpdates") if "message" in update]
    assert any("forum_topic_created" in kind for kind in kinds) and any(
        "forum_topic_closed" in k for k in kinds
    )


async def test_forwards_reactions_and_other_kinds(raw: Raw, amal: Person) -> None:
    await raw.ok("getUpdates", allowed_updates=["message", "message_reaction"])
    amal.forward("come with us", "A friend")
    amal.send_raw({"location": {"latitude": 52.5, "longitude": 13.4}})
    sent = await raw.ok("sendMessage", chat_id=amal.id, text="x")
    amal.react(sent["message_id"], "👍")
    forwarded, place, reaction = await raw.ok("getUpdates")
    assert forwarded["message"]["forward_origin"]["sender_user_name"] == "A friend"
    assert place["message"]["location"]["latitude"] == 52.5
    assert reaction["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "👍"}]


async def test_every_message_in_a_topic_replies_at_least_to_its_beginning(raw: Raw, amal: Person) -> None:
    topic = (await raw.ok("createForumTopic", chat_id=amal.id, name="Case"))["message_thread_id"]
    asked = amal.write("question", topic=topic)
    amal.write("and", topic=topic, reply_to=asked)
    first, second = (await raw.ok("getUpdates"))[-2:]
    assert "forum_topic_created" in first["message"]["reply_to_message"]
    assert second["message"]["reply_to_message"]["message_id"] == asked.id


async def test_other_web_pages_cannot_act_for_people(raw: Raw) -> None:
    evil = {"Sec-Fetch-Site": "cross-site"}
    async with raw.session.post(f"{raw.api.url}/person/people", json={}, headers=evil) as answer:
        assert answer.status == 403
    async with raw.session.get(f"{raw.api.url}/person/page/1") as answer:
        assert answer.status == 400


async def test_next_gives_each_line_once(raw: Raw, amal: Person) -> None:
    waiting = asyncio.create_task(amal.next())
    await raw.ok("sendMessage", chat_id=amal.id, text="one")
    await raw.ok("sendMessage", chat_id=amal.id, text="two")
    assert [(await waiting).text, (await amal.next()).text] == ["one", "two"]
    with pytest.raises(TimeoutError):
        await amal.next(timeout=0.01)


async def post(raw: Raw, path: str, **given: Any) -> Any:
    async with raw.session.post(f"{raw.api.url}/person/{path}", json=given) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def get(raw: Raw, path: str) -> Any:
    async with raw.session.get(f"{raw.api.url}/person/{path}") as answer:
        return await answer.json()


async def test_the_same_over_http(raw: Raw) -> None:
    person = (await post(raw, "people", first_name="Nour", language_code="fr"))["id"]
    await post(raw, f"{person}/start", payload="c1")
    keyboard = {"inline_keyboard": [[{"text": "Oui", "callback_data": "o"}]]}
    await raw.ok("sendMessage", chat_id=person, text="Ça va ?", reply_markup=keyboard)
    await post(raw, f"{person}/tap", button="Oui")
    line = await post(raw, f"{person}/write", text="non")
    await post(raw, f"{person}/edit", message_id=line["id"], text="oui")
    await post(raw, f"{person}/photo", caption="moi")
    await post(raw, f"{person}/document", name="a.txt")
    await post(raw, f"{person}/voice")
    await post(raw, f"{person}/contact", phone_number="+15550100")
    assert [line["text"] for line in await get(raw, f"{person}/transcript")][:3] == [
        "/start c1",
        "Ça va ?",
        "oui",
    ]
    group = (await post(raw, "groups", title="Famille", owner=person, forum=True))["id"]
    await post(raw, f"{person}/topic", name="t", group=group)
    await post(raw, f"{person}/delete", message_id=line["id"])
    await post(raw, f"{person}/block")
    await post(raw, f"{person}/unblock")
    await post(raw, "clock", seconds=10)
    await post(raw, "faults", kind="error", method="getMe", code=500, description="x")
    assert await raw.refused("getMe") == "500 x"
    assert len(await get(raw, "queue")) == len(await raw.ok("getUpdates"))
    assert (await get(raw, "calls?method=sendMessage"))[0]["params"]["text"] == "Ça va ?"
    assert await get(raw, "warnings") == [] and "error" in await get(raw, "nothing")
    second = (await post(raw, "bots", username="desk_test_bot"))["token"]
    await post(raw, f"{person}/start", bot=second)
    assert [u["message"]["text"] for u in await get(raw, "queue?bot=desk_test_bot")] == ["/start"]


async def test_the_page_talks_without_scripts_and_escapes_everything(raw: Raw) -> None:
    page = f"{raw.api.url}/person/page"
    async with raw.session.post(page, data={"first_name": "<Nour>", "language_code": "ar"}) as answer:
        assert answer.status == 200
        where, text = str(answer.url), await answer.text()
    assert "&lt;Nour&gt;" in text and "<script" not in text
    async with raw.session.post(where, data={"do": "write", "text": "<b>سلام</b>"}) as answer:
        assert answer.status == 200
    person = int(where.rpartition("/")[2].partition("?")[0])
    keyboard = {"inline_keyboard": [[{"text": "نعم", "callback_data": "y"}]]}
    await raw.ok("sendMessage", chat_id=person, text="أهلاً", reply_markup=keyboard)
    async with raw.session.get(f"{page}/{person}/messages") as answer:
        text = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "&lt;b&gt;سلام" in text and 'dir="auto"' in text and ">نعم</button>" in text
    number = raw.api.find_person(person).said()[0].id
    await raw.session.post(f"{page}/{person}", data={"do": "tap", "button": "y", "message_id": str(number)})
    assert "callback_query" in (await raw.ok("getUpdates"))[-1]
    for deed in ("start", "photo", "block", "block"):
        await raw.session.post(f"{page}/{person}", data={"do": deed})
    assert len(raw.api.find_person(person).transcript()) == 4
