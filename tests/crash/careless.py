"""The control: what the libraries do by default. It tells Telegram "received" and only then writes."""

import asyncio
from typing import Any

import aiohttp

from bot.accept import Door
from bot.channels.telegram import Telegram


async def poll(telegram: Telegram, door: Door) -> None:
    queue: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()

    async def write() -> None:
        while True:
            await door.take_in(await queue.get())

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        offset: int | None = None
        async with aiohttp.ClientSession() as http:
            while True:
                updates = await telegram.poll(http, offset)
                if updates:
                    offset = max(u["update_id"] for u in updates) + 1
                    queue.put_nowait(updates)
