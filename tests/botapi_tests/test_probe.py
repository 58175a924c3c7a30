"""A probe that knows nothing of this server but its address: each check names where the rule comes from.

It speaks raw HTTP. `CHECKS` is the list; one test per check.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.botapi import BotApi, Person

from .conftest import Raw

Run = Callable[["Scene"], Awaitable[None]]
CHECKS: list[tuple[str, Run]] = []


@dataclass
class Scene:
    """Where a check plays: a bot, and a person who has pressed START."""

    api: BotApi
    raw: Raw
    amal: Person

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.raw.session.get(self.api.url + path) as answer:
            return answer.status, await answer.json()

    async def send(self, text: str, **more: Any) -> Any:
        return await self.raw.ok("sendMessage", chat_id=self.amal.id, text=text, **more)

    async def refused(self, text: str, **more: Any) -> str:
        return await self.raw.refused("sendMessage", **{"chat_id": self.amal.id, "text": text, **more})


def check(source: str) -> Callable[[Run], Run]:
    def add(run: Run) -> Run:
        CHECKS.append((source, run))
        return run

    return add


LIVE = "public suite against the real service"


@check("HttpConnection.cpp: other paths")
async def other_paths_are_404(at: Scene) -> None:
    assert await at.get("/hello") == (404, {"ok": False, "error_code": 404, "description": "Not Found"})


@check("Client.cpp:12664")
async def unknown_methods_are_404(at: Scene) -> None:
    assert await at.raw.refused("sendTelepathy") == "404 Not Found: method not found"


@check("Client.cpp:12664, this server does not model it")
async def methods_left_out_here_are_404_too(at: Scene) -> None:
    assert await at.raw.refused("sendPoll", chat_id=at.amal.id) == "404 Not Found: method not found"


@check("ClientManager.cpp send")
async def a_token_without_a_colon_is_refused(at: Scene) -> None:
    assert (await at.get("/botabc/getMe"))[1]["description"] == "Unauthorized: invalid token specified"
    assert (await at.get("/bot0:1/getMe"))[0] == 401
    assert (await at.get(f"/bot1:{'a' * 90}/getMe"))[1][
        "description"
    ] == "Unauthorized: invalid token specified"


@check("Client.cpp on_auth")
async def an_unknown_token_is_unauthorized(at: Scene) -> None:
    assert await at.get("/bot1:abc/getMe") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )


@check("Client.cpp: methods are compared in lower case; GET and POST; /test/")
async def method_names_have_no_case(at: Scene) -> None:
    for path in ("getMe", "GETME", "test/getme"):
        status, body = await at.get(f"/bot{at.api.token}/{path}")
        assert status == 200 and body["result"]["is_bot"] is True


@check("Query.h arg: query, urlencoded, JSON, multipart")
async def parameters_come_in_four_ways(at: Scene) -> None:
    url = f"{at.api.url}/bot{at.api.token}/sendMessage"
    values = {"chat_id": str(at.amal.id), "text": "مرحبا"}
    import aiohttp

    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in values.items():
        form.add_field(name, value)
    for given in ({"params": values}, {"data": values}, {"json": values}, {"data": form}):
        async with at.raw.session.post(url, **given) as answer:
            assert (await answer.json())["result"]["text"] == "مرحبا"


@check("Client.cpp get_reply_markup reads JSON text")
async def nested_values_may_be_json_text(at: Scene) -> None:
    markup = '{"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}'
    sent = await at.send("?", reply_markup=markup)
    assert sent["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "y"


@check("JsonUser 459-485; getMe flags")
async def get_me_tells_what_the_bot_can_do(at: Scene) -> None:
    me = await at.raw.ok("getMe")
    assert me["is_bot"] is True and me["username"] == "beside_test_bot"
    for flag in ("can_join_groups", "has_topics_enabled", "supports_join_request_queries"):
        assert flag in me


@check("JsonMessage; dates in seconds")
async def a_message_has_the_fields_both_libraries_need(at: Scene) -> None:
    sent = await at.send("hello")
    assert sent["date"] == int(at.api.now()) and sent["chat"]["type"] == "private"
    assert sent["from"]["is_bot"] is True and sent["message_id"] > 1


@check(LIVE)
async def empty_and_blank_texts_are_two_errors(at: Scene) -> None:
    assert await at.refused("") == "400 Bad Request: message text is empty"
    assert await at.refused("   ") == "400 Bad Request: text must be non-empty"
    assert await at.refused("\u200b\u200f") == "400 Bad Request: text must be non-empty"


@check(LIVE)
async def the_text_is_checked_before_the_chat(at: Scene) -> None:
    assert await at.refused("", chat_id=0) == "400 Bad Request: message text is empty"


@check("MessageContent.cpp:4757, code points after parsing; " + LIVE)
async def a_text_has_at_most_4096_code_points(at: Scene) -> None:
    assert len((await at.send("😀" * 4096))["text"]) == 4096
    assert await at.refused("x" * 4097) == "400 Bad Request: message is too long"
    assert (await at.send(f"<b>{'x' * 4096}</b>", parse_mode="HTML"))["text"] == "x" * 4096


@check("Client.cpp get_formatted_text, 32 KiB")
async def a_raw_text_over_32_kib_is_refused(at: Scene) -> None:
    assert await at.refused("😀" * 8193) == "400 Bad Request: text is too long"


@check(LIVE)
async def chats_nobody_knows(at: Scene) -> None:
    assert await at.refused("x", chat_id="") == "400 Bad Request: chat_id is empty"
    for chat_id in (0, -1, "not_a_chat", "@nobody_at_all"):
        assert await at.refused("x", chat_id=chat_id) == "400 Bad Request: chat not found"


@check("Client.cpp check_chat_access")
async def a_stranger_cannot_be_written_to(at: Scene) -> None:
    stranger = at.api.person("Stranger")
    assert await at.refused("x", chat_id=stranger.id) == "400 Bad Request: chat not found"
    group = at.api.group("Family", at.amal)
    stranger.join(group)
    text = "403 Forbidden: bot can't initiate conversation with a user"
    assert await at.refused("x", chat_id=stranger.id) == text


@check("fail_query_with_error USER_IS_BLOCKED, INPUT_USER_DEACTIVATED")
async def who_has_blocked_or_left_is_forbidden(at: Scene) -> None:
    at.amal.block()
    assert await at.refused("x") == "403 Forbidden: bot was blocked by the user"
    at.amal.unblock()
    at.amal.delete_account()
    assert await at.refused("x") == "403 Forbidden: user is deactivated"


@check("FAQ: bots cannot message bots")
async def a_bot_cannot_write_to_a_bot(at: Scene) -> None:
    other = at.api.bot(at.api.add_bot())
    assert (await at.refused("x", chat_id=other.id)).startswith("403 Forbidden: bots can't send")


@check(LIVE)
async def callback_data_is_counted_in_bytes(at: Scene) -> None:
    def button(data: str) -> dict[str, Any]:
        return {"inline_keyboard": [[{"text": "Yes", "callback_data": data}]]}

    await at.send("?", reply_markup=button("x" * 64))
    assert await at.refused("?", reply_markup=button("x" * 65)) == "400 Bad Request: BUTTON_DATA_INVALID"
    assert await at.refused("?", reply_markup=button("نعم" * 11)) == "400 Bad Request: BUTTON_DATA_INVALID"
    unallowed = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    assert unallowed in await at.refused("?", reply_markup=button(""))


@check(LIVE)
async def keyboards_that_are_no_keyboards(at: Scene) -> None:
    rows = {"inline_keyboard": "bad"}
    assert (
        await at.refused("?", reply_markup=rows)
        == '400 Bad Request: field "inline_keyboard" must be of type Array'
    )
    bare = {"inline_keyboard": [[{"callback_data": "x"}]]}
    assert 'inline keyboard button: Can\'t find field "text"' in await at.refused("?", reply_markup=bare)
    link = {"inline_keyboard": [[{"text": "l", "url": "not-a-url"}]]}
    text = "400 Bad Request: inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"
    assert await at.refused("?", reply_markup=link) == text


@check(LIVE)
async def parse_mode_errors_have_byte_offsets(at: Scene) -> None:
    start = "400 Bad Request: can't parse entities: "
    for text, mode, error in (
        ("é<x>", "HTML", 'Unsupported start tag "x" at byte offset 2'),
        ("<b>unclosed", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b", "HTML", "Unclosed start tag at byte offset 0"),
        ("</b>", "HTML", "Unexpected end tag at byte offset 0"),
        ("<b><i>t</b></i>", "HTML", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("hello.", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("é*x", "MarkdownV2", "Can't find end of Bold entity at byte offset 2"),
        ("*x", "Markdown", "Can't find end of the entity starting at byte offset 0"),
    ):
        assert await at.refused(text, parse_mode=mode) == start + error
    assert await at.refused("x", parse_mode="INVALID") == "400 Bad Request: unsupported parse_mode"


@check("MessageEntity.cpp, UTF-16 units; " + LIVE)
async def entity_offsets_count_utf16_units(at: Scene) -> None:
    sent = await at.send("😀 bold", entities=[{"type": "bold", "offset": 3, "length": 4}])
    assert sent["entities"] == [{"type": "bold", "offset": 3, "length": 4}]
    text = "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100"
    assert text in await at.refused("hello", entities=[{"type": "bold", "offset": 0, "length": 100}])
    assert "UTF-16 offset 100" in await at.refused(
        "hello", entities=[{"type": "bold", "offset": 100, "length": 1}]
    )


@check("td misc.cpp clean_input_string")
async def direction_overrides_are_taken_out_and_isolates_stay(at: Scene) -> None:
    sent = await at.send("a\u202eb\u2067c\u2069\td\r\n")
    assert sent["text"] == "ab\u2067c\u2069 d"


@check("fail_query_with_error MESSAGE_NOT_MODIFIED")
async def an_edit_that_changes_nothing_is_refused(at: Scene) -> None:
    sent = await at.send("same")
    edit = {"chat_id": at.amal.id, "message_id": sent["message_id"], "text": "same"}
    assert (await at.raw.refused("editMessageText", **edit)).startswith(
        "400 Bad Request: message is not modified: "
    )
    changed = await at.raw.ok("editMessageText", **{**edit, "text": "other"})
    assert changed["edit_date"] and changed["text"] == "other"


@check("Client.cpp check_message; td can_edit_message")
async def only_own_messages_that_exist_can_be_edited(at: Scene) -> None:
    edit = {"chat_id": at.amal.id, "text": "x"}
    gone = await at.raw.refused("editMessageText", **edit, message_id=1)
    assert gone == "400 Bad Request: message to edit not found"
    theirs = at.amal.write("mine")
    assert await at.raw.refused("editMessageText", **edit, message_id=theirs.id) == (
        "400 Bad Request: message can't be edited"
    )


@check("core.telegram.org/bots/api deleteMessage")
async def both_sides_can_be_deleted_for_48_hours(at: Scene) -> None:
    theirs, ours = at.amal.write("secret"), await at.send("reply")
    await at.raw.ok("deleteMessages", chat_id=at.amal.id, message_ids=[theirs.id, ours["message_id"], 1])
    assert [line.text for line in at.amal.transcript()] == ["/start"]
    again = await at.raw.refused("deleteMessage", chat_id=at.amal.id, message_id=theirs.id)
    assert again == "400 Bad Request: message to delete not found"
    old = at.amal.write("old")
    at.api.jump(48 * 3600)
    assert "can't be deleted" in await at.raw.refused("deleteMessage", chat_id=at.amal.id, message_id=old.id)


@check("fail_query_with_error QUERY_ID_INVALID")
async def a_tap_is_answered_once_and_in_time(at: Scene) -> None:
    await at.send("?", reply_markup={"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]})
    at.amal.tap("Yes")
    query = (await at.raw.ok("getUpdates"))[-1]["callback_query"]
    assert query["data"] == "y" and query["chat_instance"] and query["message"]["text"] == "?"
    await at.raw.ok("answerCallbackQuery", callback_query_id=query["id"], text="x" * 200)
    late = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await at.raw.refused("answerCallbackQuery", callback_query_id=query["id"]) == late
    assert await at.raw.refused("answerCallbackQuery", callback_query_id="1") == late


@check("Client.cpp check_reply_parameters; " + LIVE)
async def a_reply_to_nothing_is_refused_unless_allowed(at: Scene) -> None:
    assert (
        await at.refused("x", reply_parameters={"message_id": 9})
        == "400 Bad Request: message to be replied not found"
    )
    await at.send("x", reply_parameters={"message_id": 9, "allow_sending_without_reply": True})
    asked = at.amal.write("question")
    assert (await at.send("x", reply_parameters={"message_id": asked.id}))["reply_to_message"][
        "text"
    ] == "question"


@check("Client.cpp:8276; " + LIVE)
async def an_unknown_thread_is_refused(at: Scene) -> None:
    assert await at.refused("x", message_thread_id=99) == "400 Bad Request: message thread not found"
    forum = at.api.group("Desk", at.amal, forum=True)
    assert (
        await at.refused("x", chat_id=forum.id, message_thread_id=1)
        == "400 Bad Request: message thread not found"
    )


@check("Client.cpp do_set_webhook")
async def webhook_secrets_have_an_alphabet(at: Scene) -> None:
    hook = {"url": "https://example.org/hook"}
    assert await at.raw.refused("setWebhook", **hook, secret_token="é") == (
        "400 Bad Request: secret token contains unallowed characters"
    )
    assert await at.raw.refused("setWebhook", **hook, secret_token="a" * 257) == (
        "400 Bad Request: secret token is too long"
    )
    _, body = await at.raw.send("setWebhook", **hook, secret_token="a-b_C1")
    assert body["description"] == "Webhook was set"
    assert await at.raw.refused("setWebhook", **hook) == "429 Too Many Requests: retry after 1"
    at.api.jump(2)
    assert (await at.raw.send("deleteWebhook"))[1]["description"] == "Webhook was deleted"


@check("td BotCommand.cpp; td misc.cpp validate_bot_language_code")
async def commands_have_limits_and_languages(at: Scene) -> None:
    def one(command: str, description: str = "d") -> list[dict[str, str]]:
        return [{"command": command, "description": description}]

    for wrong in (one("Ä"), one("a" * 33), one("a", "d" * 257), one("a", ""), one("a-b")):
        await at.raw.refused("setMyCommands", commands=wrong)
    await at.raw.ok("setMyCommands", commands=one("help", "مساعدة"), language_code="ar")
    assert await at.raw.ok("getMyCommands", language_code="ar") == one("help", "مساعدة")
    assert await at.raw.ok("getMyCommands") == []
    bad = await at.raw.refused("setMyCommands", commands=one("a"), language_code="arabic")
    assert bad == "400 Bad Request: invalid language code specified"


@check("Client.cpp process_get_file_query; file_id per bot")
async def a_file_id_is_good_for_one_bot_only(at: Scene) -> None:
    at.amal.send_document(b"letter", "letter.txt")
    document = (await at.raw.ok("getUpdates"))[-1]["message"]["document"]
    path = (await at.raw.ok("getFile", file_id=document["file_id"]))["file_path"]
    async with at.raw.session.get(f"{at.api.url}/file/bot{at.api.token}/{path}") as answer:
        assert await answer.read() == b"letter"
    other = Raw(at.raw.session, at.api, at.api.add_bot())
    assert await other.refused("getFile", file_id=document["file_id"]) == "400 Bad Request: invalid file_id"


@check("own rule: nothing is accepted in silence")
async def what_is_not_modelled_is_refused_aloud(at: Scene) -> None:
    assert "not supported by this test server" in await at.refused("x", message_effect_id="1")
    assert (
        await at.refused("x", business_connection_id="b") == "400 Bad Request: business connection not found"
    )
    assert (await at.raw.refused("logOut")).startswith("400 ")


@pytest.mark.parametrize(("source", "run"), CHECKS, ids=[run.__name__ for _, run in CHECKS])
async def test_the_probe(source: str, run: Run, api: BotApi, raw: Raw, amal: Person) -> None:
    assert source
    await run(Scene(api, raw, amal))
