"""Webhook delivery: one update in flight per queue, retries until the update is too old.

Source: WebhookActor.cpp on_update_error (delays), handle (2XX, 410, Retry-After, method in the reply),
send_update (secret header); Client.cpp 17053-17158 (which update goes to which queue).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from .model import Bot, Webhook
from .request import Policy
from .updates import Pending
from .world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
MAX_RETRY_AFTER = 3600
GONE = 410
GONE_FOR = 23 * 3600
RESEND_CAP = (60, 120)
ANSWER_TIMEOUT = 60
SUCCESS = range(200, 300)


class WebhookWorker:
    """Delivers one bot's updates to its address until stopped."""

    def __init__(self, world: World, bot: Bot, hook: Webhook, policy: Policy) -> None:
        self.world, self.bot, self.hook, self.policy = world, bot, hook, policy
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._main: asyncio.Task[None] | None = None
        self._slots = asyncio.Semaphore(hook.max_connections)
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._main = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        tasks = [task for task in (self._main, *self._lines.values()) if task is not None]
        current = asyncio.current_task()
        for task in tasks:
            if task is not current:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task is not current), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _watch(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT)
        self._session = aiohttp.ClientSession(timeout=timeout)
        while True:
            self.bot.queue.expire()
            for update in self.bot.queue.pending:
                if update.queue_key not in self._lines:
                    self._lines[update.queue_key] = asyncio.create_task(self._line(update.queue_key))
            await self.bot.queue.changed.wait()

    async def _line(self, key: str) -> None:
        """All updates of one queue, one after the other."""
        while update := next((u for u in self.bot.queue.pending if u.queue_key == key), None):
            await self._deliver(update)
        del self._lines[key]

    async def _deliver(self, update: Pending) -> None:
        delay, fails = 1, 0
        while True:
            async with self._slots:
                retry_after = await self._send(update)
            if retry_after is None:
                break
            wait = min(MAX_RETRY_AFTER, max(0, retry_after))
            if not wait and fails:
                delay = min(self.world.random.randint(*RESEND_CAP), delay * 2)
                wait = delay
            fails += 1
            if self.world.time.now() + wait > update.expires_at:
                break
            self.hook.next_try[update.queue_key] = self.world.time.now() + wait
            self.world.changed.fire()
            await self.world.time.sleep(wait)
            del self.hook.next_try[update.queue_key]
        self.bot.queue.forget(update.id)
        self.world.changed.fire()

    async def _send(self, update: Pending) -> int | None:
        """None when the update was taken; otherwise the seconds the receiver asked us to wait (0: none)."""
        assert self._session is not None
        headers = {"Content-Type": "application/json"}
        if self.hook.secret:
            headers[SECRET_HEADER] = self.hook.secret
        body = json.dumps(update.body, ensure_ascii=False).encode()
        try:
            async with self._session.post(
                self.hook.url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.text()
                if answer.status in SUCCESS:
                    self.hook.gone_since = None
                    await self._reply(answer.content_type, text)
                    return None
                self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                await self._gone(answer.status)
                return (
                    int(answer.headers.get("Retry-After", "0"))
                    if answer.headers.get("Retry-After", "0").isdigit()
                    else 0
                )
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as problem:
            self._failed(f"Connection failed: {type(problem).__name__}")
            return 0

    def _failed(self, message: str) -> None:
        self.hook.last_error_date = self.world.time.unix()
        self.hook.last_error_message = message
        self.world.changed.fire()

    async def _gone(self, status: int) -> None:
        """410 for 23 hours closes the webhook."""
        if status != GONE:
            self.hook.gone_since = None
        elif self.hook.gone_since is None:
            self.hook.gone_since = self.world.time.now()
        elif self.world.time.now() > self.hook.gone_since + GONE_FOR:
            self.bot.webhook = self.bot.worker = None
            await self.stop()
            raise asyncio.CancelledError

    async def _reply(self, content_type: str, text: str) -> None:
        """A method in the reply is carried out; its result is told to nobody."""
        given: dict[str, Any] = {}
        if content_type == "application/json":
            try:
                decoded = json.loads(text or "{}")
            except ValueError:
                return
            given = decoded if isinstance(decoded, dict) else {}
        elif content_type == "application/x-www-form-urlencoded":
            given = dict(parse_qsl(text))
        method = str(given.pop("method", ""))
        if method and self.world.execute is not None:
            await self.world.execute(self.bot, method, given)
