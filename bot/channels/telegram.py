"""Telegram for families, by aiogram.

Rule 1: an update is stored raw before Telegram may forget it; aiogram reads it later, alone (security F1, F2).
Rule 2: only the methods in ALLOWED leave this file: Beside never looks up a profile (telegram 5.3).
Rule 3: names, usernames and phone numbers are never copied; a chat id is the address and nothing else.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    Update,
)
from pydantic import ValidationError

from bot.channels.port import Back, Capabilities, Gone, Heard, Nothing, OuterError, Tapped, Unreadable
from dialogs.events import Showed, Started, Wrote
from storage.outbox import Sending

ALLOWED = frozenset(
    {
        "getMe",
        "getUpdates",
        "getWebhookInfo",
        "setWebhook",
        "deleteWebhook",
        "setMyCommands",
        "sendMessage",
        "deleteMessages",
        "answerCallbackQuery",
    }
)
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
CLEAR_AT_ONCE = 100  # the most deleteMessages takes
TROUBLES = (AiogramError, aiohttp.ClientError, TimeoutError)


class Leash(BaseRequestMiddleware):
    """Refuses every outgoing method that is not on the list."""

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if method.__api_method__ not in ALLOWED:
            raise PermissionError(f"Beside does not call {method.__api_method__}")
        return await make_request(bot, method)


def _heard_message(message: Message) -> Heard:
    text = message.text if message.text is not None else message.caption
    if message.text is not None and message.text.startswith("/start"):
        return Started(hint=message.text[6:].strip()[:64])
    if message.text is None and message.content_type != "text":
        return Showed(kind=str(message.content_type))
    return Wrote(text or "")


class Telegram:
    name = "telegram"
    can = Capabilities(
        text_most=4096,
        buttons_most=100,
        sees="pieces.sees-telegram",
        clears="pieces.clears-telegram",
        clear_back=timedelta(hours=48),
        pushes=True,
        pace=25.0,
        pace_each=0.35,
    )

    def __init__(self, token: str, api_url: str = "") -> None:
        self.server = TelegramAPIServer.from_base(api_url) if api_url else PRODUCTION
        self.session = AiohttpSession(api=self.server)
        self.session.middleware(Leash())
        self.bot = Bot(token, session=self.session)
        self._spinners: set[asyncio.Task[None]] = set()

    async def open(self, commands: Mapping[str, list[tuple[str, str]]]) -> None:
        """Say hello to the server and set the list of commands for each language ("" = everybody else)."""
        await self.bot.me()
        for lang, rows in commands.items():
            await self.bot.set_my_commands(
                [BotCommand(command=name, description=text) for name, text in rows],
                language_code=lang or None,
            )

    async def listen_at(self, url: str, secret: str) -> None:
        await self.bot.set_webhook(url, secret_token=secret, allowed_updates=list(WANTED), max_connections=20)

    async def listen_by_polling(self) -> None:
        await self.bot.delete_webhook(drop_pending_updates=False)

    async def close(self) -> None:
        for task in self._spinners:
            task.cancel()
        await self.session.close()

    def decode(self, body: bytes) -> Heard:
        try:
            update = Update.model_validate_json(body, context={"bot": self.bot})
        except (ValidationError, ValueError, RecursionError):
            raise Unreadable from None
        if update.message is not None:
            return _heard_message(update.message)
        if update.callback_query is not None:
            return Tapped(update.callback_query.data or "")
        if update.my_chat_member is not None:
            status = update.my_chat_member.new_chat_member.status
            return Gone() if status in ("kicked", "left") else Back()
        if update.edited_message is not None:
            return Showed("edited")
        return Nothing("unknown-kind")

    async def poll(self, http: aiohttp.ClientSession, offset: int | None) -> list[dict[str, Any]]:
        """One long poll, raw. Raises OuterError(later | refused)."""
        url = self.server.api_url(self.bot.token, "getUpdates")
        ask: dict[str, Any] = {"timeout": POLL_SECONDS, "allowed_updates": json.dumps(WANTED)}
        if offset is not None:
            ask["offset"] = offset
        try:
            wait = aiohttp.ClientTimeout(total=POLL_SECONDS + 15)
            async with http.post(url, data=ask, timeout=wait) as answer:
                told = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
            raise OuterError("later") from None
        if not isinstance(told, dict) or told.get("ok") is not True:
            more = told.get("parameters") or {} if isinstance(told, dict) else {}
            code = told.get("error_code") if isinstance(told, dict) else 0
            raise OuterError(
                "refused" if code in (401, 404, 409) else "later",
                float(more.get("retry_after", 0)),
                code if isinstance(code, int) else 0,
            )
        return [row for row in told.get("result", []) if isinstance(row, dict)]

    def stop_spinner(self, update: Mapping[str, Any]) -> None:
        """Tell the app that a tap arrived. Cosmetic: after the row is durable, and never waited for."""
        query = update.get("callback_query")
        if isinstance(query, dict) and isinstance(query.get("id"), str):
            task = asyncio.create_task(self._answer(query["id"]))
            self._spinners.add(task)
            task.add_done_callback(self._spinners.discard)

    async def _answer(self, query: str) -> None:
        try:
            await self.bot.answer_callback_query(query, request_timeout=5)
        except (AiogramError, TimeoutError):
            return  # the tap itself is already safe in the inbox; only the spinner runs on

    async def send(self, sending: Sending) -> str | None:
        parcel = sending.parcel
        keyboard = [
            [InlineKeyboardButton(text=b.label, callback_data=b.token) for b in row]
            for row in (*parcel.rows, *parcel.always)
        ]
        try:
            sent = await self.bot.send_message(
                int(sending.address),
                parcel.text,
                parse_mode=None,
                reply_markup=InlineKeyboardMarkup(inline_keyboard=keyboard) if keyboard else None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                disable_notification=sending.kind == "note",
                request_timeout=20,
            )
        except TROUBLES as error:
            raise outer(error) from None
        return str(sent.message_id)

    async def clear(self, sending: Sending) -> None:
        refs = sending.parcel.clear
        for start in range(0, len(refs), CLEAR_AT_ONCE):
            part = [int(ref) for ref in refs[start : start + CLEAR_AT_ONCE]]
            try:
                await self.bot.delete_messages(int(sending.address), part, request_timeout=20)
            except TelegramBadRequest:
                continue  # already gone, or older than the platform lets us clear
            except TROUBLES as error:
                raise outer(error) from None


def outer(error: Exception) -> OuterError:
    """A library's error in the house's words; its text may hold the token or the family's words and is dropped."""
    match error:
        case TelegramRetryAfter():
            return OuterError("later", float(error.retry_after))
        case TelegramForbiddenError():
            return OuterError("gone")
        case TelegramBadRequest():
            return OuterError("gone" if "chat not found" in error.message else "refused")
        case TelegramServerError():
            return OuterError("later", 2.0)  # the server said no before acting, as far as anybody can know
        case TelegramNetworkError():
            never_left = isinstance(error.__cause__, aiohttp.ClientConnectorError)
            return OuterError("later" if never_left else "unknown")
        case ClientDecodeError() | TimeoutError() | aiohttp.ClientError():
            return OuterError("unknown")
        case _:
            return OuterError("refused")
