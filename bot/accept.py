"""Accept: an update is durable before its channel is told that we have it (promise 1, security R1).

Rule 1: nothing here decodes; raw bytes go into the inbox and the bell rings.
Rule 2: if the row cannot be written, the platform is not told, and asks again.
"""

import asyncio
import hmac
import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.port import OuterError
from bot.channels.updates import language_hint, letter
from bot.logs import frames, log
from storage.inbox import accept
from storage.vault import Vault
from storage.work import Database

if TYPE_CHECKING:
    from bot.channels.telegram import Telegram

BODY_MOST = 1 << 20  # bytes of one webhook call
PAUSE = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds between tries when something is down
DOWN = (SQLAlchemyError, OSError, sqlite3.Error)  # the last: the store of keys, which has a file of its own


@dataclass
class Door:
    """Where raw updates come in."""

    db: Database
    vault: Vault
    clock: Callable[[], datetime]
    rang: Callable[[], None]

    async def take_in(self, updates: Sequence[dict[str, Any]]) -> int:
        """Store a batch in one transaction; returns how many were new. Raises one of DOWN: then nothing was."""
        now = self.clock()
        letters = []
        hints = {}
        for update in updates:
            row = letter(update, now)
            if row is None:
                log("update-without-a-person", channel="telegram")
                continue
            letters.append(row)
            if hint := language_hint(update):
                hints[row.person] = hint
        if not letters:
            return 0
        new = await accept(self.db, self.vault, letters, hints)
        self.rang()
        return sum(new)


async def poll(telegram: "Telegram", door: Door) -> None:
    """Long polling for ever: the offset moves on only after the rows are durable."""
    offset: int | None = None
    failures = 0
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                updates = await telegram.poll(http, offset)
                if updates:
                    await door.take_in(updates)
                    numbers = [u["update_id"] for u in updates if isinstance(u.get("update_id"), int)]
                    offset = max(numbers) + 1 if numbers else offset
                    for update in updates:
                        telegram.stop_spinner(update)
                failures = 0
            except (OuterError, *DOWN) as error:
                pause, code = PAUSE[min(failures, len(PAUSE) - 1)], 0
                if isinstance(error, OuterError):
                    pause, code = max(pause, error.retry_after), error.code
                log(
                    "accept-failed",
                    level="error",
                    channel="telegram",
                    code=code,
                    what=frames(error),
                    seconds=pause,
                )
                failures += 1
                await asyncio.sleep(pause)


def webhook(telegram: "Telegram", door: Door, secret: str) -> Callable[[Request], Any]:
    """The route Telegram calls. Wrong or missing secret: 401 before the body is read (security A6)."""
    wanted = secret.encode()

    async def called(request: Request) -> Response:
        told = request.headers.get("x-telegram-bot-api-secret-token", "").encode()
        if not hmac.compare_digest(told, wanted):
            return Response(status_code=401)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_MOST:
                return Response(status_code=413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=200)  # not an update at all; asking again would not mend it
        if not isinstance(update, dict):
            return Response(status_code=200)
        try:
            await door.take_in([update])
        except DOWN as error:
            log("accept-failed", level="error", channel="telegram", what=frames(error))
            return Response(status_code=503, headers={"Retry-After": "5"})
        telegram.stop_spinner(update)
        return Response(status_code=200)

    return called
