"""Delivery by webhook: the secret, one at a time per queue, again until taken or too old."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.botapi import Person
from tests.botapi.clock import Signal

from .conftest import Raw


class Receiver:
    """A bot's address that remembers what came and answers as told."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answers: list[web.Response] = []
        self.gate: asyncio.Event | None = None
        self.heard = Signal()

    async def until(self, count: int) -> None:
        assert await self.heard.until(lambda: len(self.seen) >= count, 5)

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.heard.fire()
        if self.gate is not None:
            await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response()

    def texts(self) -> list[str]:
        return [body["message"]["text"] for body in self.seen if "message" in body]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taker = Receiver()
    app = web.Application()
    app.router.add_post("/hook", taker.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taker.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taker
    await runner.cleanup()


async def waits(raw: Raw, seconds: float) -> None:
    """Until delivery rests for so long; the clock stands still, so this is exact."""
    hook = raw.api.bot().webhook
    assert hook is not None
    await raw.api.until(lambda: list(hook.next_try.values()) == [raw.api.now() + seconds])


async def pending(raw: Raw) -> int:
    return int((await raw.ok("getWebhookInfo"))["pending_update_count"])


async def test_an_update_comes_with_the_secret_and_is_then_forgotten(
    raw: Raw, amal: Person, receiver: Receiver
) -> None:
    await raw.ok("setWebhook", url=receiver.url, secret_token="open-sesame_1")
    amal.write("سلام")
    await raw.api.until(lambda: receiver.seen and not raw.api.pending())
    assert receiver.texts() == ["سلام"]
    assert receiver.secrets == ["open-sesame_1"]


async def test_a_refused_update_comes_again_at_once_then_after_2_4_8_seconds(
    raw: Raw, amal: Person, receiver: Receiver
) -> None:
    receiver.answers = [web.Response(status=500) for _ in range(5)]
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("again")
    for tries, seconds in ((2, 2), (3, 4), (4, 8), (5, 16)):
        await waits(raw, seconds)
        assert len(receiver.seen) == tries
        if tries < 5:
            raw.api.jump(seconds)
    info = await raw.ok("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    assert info["pending_update_count"] == 1


async def test_retry_after_is_obeyed(raw: Raw, amal: Person, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=503, headers={"Retry-After": "100"})]
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("later")
    await waits(raw, 100)
    assert len(receiver.seen) == 1
    raw.api.jump(100)
    await raw.api.until(lambda: not raw.api.pending())
    assert receiver.texts() == ["later", "later"]


async def test_one_chat_waits_for_its_own_message_only(raw: Raw, amal: Person, receiver: Receiver) -> None:
    receiver.gate = asyncio.Event()
    other = raw.api.person("Other")
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("first")
    amal.write("second")
    other.write("somebody else")
    await receiver.until(2)
    assert sorted(receiver.texts()) == ["first", "somebody else"]
    receiver.gate.set()
    await raw.api.until(lambda: not raw.api.pending())
    assert receiver.texts()[2:] == ["second"]


async def test_a_tap_and_a_message_of_one_person_are_not_ordered(
    raw: Raw, amal: Person, receiver: Receiver
) -> None:
    receiver.gate = asyncio.Event()
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup=keyboard)
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("slow")
    amal.tap("Yes")
    await receiver.until(2)
    assert {list(body)[1] for body in receiver.seen} == {"message", "callback_query"}
    receiver.gate.set()


async def test_a_tap_nobody_takes_is_dropped_after_150_seconds(
    raw: Raw, amal: Person, receiver: Receiver
) -> None:
    receiver.answers = [web.Response(status=500) for _ in range(20)]
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await raw.ok("sendMessage", chat_id=amal.id, text="?", reply_markup=keyboard)
    await raw.ok("setWebhook", url=receiver.url)
    amal.tap("Yes")
    await waits(raw, 2)
    raw.api.jump(151)
    await raw.api.until(lambda: not raw.api.pending())


async def test_a_method_in_the_reply_is_done_but_never_a_question(
    raw: Raw, amal: Person, receiver: Receiver
) -> None:
    good = {"method": "sendMessage", "chat_id": amal.id, "text": "from the reply"}
    receiver.answers = [web.json_response({"method": "getMe"}), web.json_response(good)]
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("one")
    amal.write("two")
    await amal.expect("from the reply")
    assert raw.api.calls("getMe") == []


async def test_a_redirect_is_a_failure(raw: Raw, amal: Person, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=302, headers={"Location": receiver.url})]
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("x")
    await raw.api.until(lambda: not raw.api.pending())
    info = await raw.ok("getWebhookInfo")
    assert info["last_error_message"].startswith("Wrong response from the webhook: 302")


async def test_gone_for_23_hours_closes_the_webhook(raw: Raw, amal: Person, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=410) for _ in range(400)]
    await raw.ok("setWebhook", url=receiver.url)
    amal.write("x")
    await waits(raw, 2)
    raw.api.jump(23 * 3600 + 130)
    await raw.api.until(lambda: raw.api.bot().webhook is None)
    assert (await raw.ok("getWebhookInfo"))["url"] == ""
    assert len(receiver.seen) == 3 and len(await raw.ok("getUpdates")) == 1


async def test_nobody_at_the_address_is_told_in_the_info(raw: Raw, amal: Person) -> None:
    await raw.ok("setWebhook", url="http://127.0.0.1:9/hook", max_connections=2, allowed_updates=["message"])
    amal.write("x")
    await raw.api.until(lambda: raw.api.bot().webhook.last_error_message)  # type: ignore[union-attr]
    info = await raw.ok("getWebhookInfo")
    assert info["last_error_date"] == int(raw.api.now()) and info["max_connections"] == 2
    assert json.dumps(info["allowed_updates"]) == '["message"]'
    await raw.ok("deleteWebhook", drop_pending_updates=True)
    assert await pending(raw) == 0
