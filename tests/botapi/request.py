"""One method call on its way through the server: the world, the bot, the parameters, the policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .errors import ApiError
from .model import Bot, Chat, Message
from .params import Params
from .world import World


@dataclass(slots=True)
class Policy:
    """Where the server may be gentler or harsher than the default; all off keeps tests fast."""

    repeat_penalty: bool = False  # the 3 s / 0.5 s rule when the same offset is asked again
    conflict_delay: bool = False  # a second 409 within 3 s waits 3 s
    any_webhook_url: bool = False  # like the real server with --local: http and any port
    check_requests: bool = True  # compare every accepted request with aiogram's models


@dataclass(slots=True)
class Request:
    """What a method handler gets."""

    world: World
    bot: Bot
    params: Params
    policy: Policy

    def chat(self) -> Chat:
        """The chat to write to: known, and open to this bot."""
        return self.world.writable(self.bot, self.params.text("chat_id"))

    def known_chat(self) -> Chat:
        """A chat to read about; a group that the bot has left is closed."""
        chat = self.world.find_chat(self.bot, self.params.text("chat_id"))
        if not chat.is_private:
            self.world.require_member(self.bot, chat)
        return chat

    def message(self, chat: Chat, missing: str) -> Message:
        message = chat.messages.get(self.params.integer("message_id"))
        if message is None or message.deleted:
            raise ApiError(missing)
        return message


Handler = Callable[[Request], Any | Awaitable[Any]]
