"""What every test here starts with: a fresh server, a person, and a client that speaks plain HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.botapi import BotApi, ManualClock, Person


class Raw:
    """A bot without any library: one method call is one HTTP request."""

    def __init__(self, session: aiohttp.ClientSession, api: BotApi, token: str | None = None) -> None:
        self.session, self.api, self.token = session, api, token or api.token

    async def send(self, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.api.url}/bot{self.token}/{method}", json=params) as answer:
            body = await answer.json()
            return answer.status, body

    async def ok(self, method: str, **params: Any) -> Any:
        status, body = await self.send(method, **params)
        assert status == 200 and body["ok"] is True, body
        return body["result"]

    async def refused(self, method: str, **params: Any) -> str:
        """The description; the HTTP status must equal error_code."""
        status, body = await self.send(method, **params)
        assert body["ok"] is False and status == body["error_code"], body
        return f"{status} {body['description']}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def api(clock: ManualClock) -> AsyncIterator[BotApi]:
    async with BotApi.serve(clock=clock, any_webhook_url=True) as served:
        yield served
        assert served.warnings == []
        if not any(update.kind == "odd" for update in served.bot().queue.made):
            assert served.strange_answers() == []


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def raw(api: BotApi, http: aiohttp.ClientSession) -> Raw:
    return Raw(http, api)


@pytest.fixture
def amal(api: BotApi) -> Person:
    """A person who has pressed START; nothing of that is left in the queue."""
    person = api.person("Amal", "ar")
    person.start()
    api.bot().queue.pending.clear()
    return person
