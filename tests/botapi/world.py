"""The small messenger itself: who exists, who may write where, what was said. No HTTP, no JSON parsing.

Source: telegram-bot-api Client.cpp (check_chat_access, update lifetimes), core.telegram.org/bots/features
(privacy mode), core.telegram.org/bots/faq (bots never see other bots' messages).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from . import render
from .clock import Signal, Timekeeper
from .errors import ApiError
from .flood import FloodPolicy
from .model import Bot, Call, CallbackQuery, Chat, Json, Message, StoredFile, User
from .text import COMMAND
from .updates import CALLBACK_TTL, MESSAGE_TTL, UpdateQueue

ANSWER_WITHIN = 900.0
TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
ICON_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
MEMBER_STATES = frozenset({"member", "administrator", "creator"})


class World:
    """All state of one server run."""

    def __init__(self, time: Timekeeper, random: Random, flood: FloodPolicy) -> None:
        self.time = time
        self.random = random
        self.flood = flood
        self.bots: dict[str, Bot] = {}
        self.users: dict[int, User] = {}
        self.private: dict[tuple[int, int], Chat] = {}
        self.groups: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.queries: dict[str, CallbackQuery] = {}
        self.calls: list[Call] = []
        self.warnings: list[str] = []
        self.changed = Signal()
        self.execute: Callable[[Bot, str, Json], Awaitable[None]] | None = None
        self._next_user = random.randrange(1_000_000_000, 5_000_000_000)
        self._next_group = random.randrange(1_000_000_000, 2_000_000_000)
        self._next_query = random.randrange(10**15, 10**17)

    # People, bots, groups

    def add_bot(
        self, username: str, name: str, token: str | None = None, reads_all_groups: bool = False
    ) -> Bot:
        if token is None:
            letters = "".join(self.random.choice(TOKEN_LETTERS) for _ in range(33))
            token = f"{self._user_id()}:AA{letters}"
        bot_id = int(token.partition(":")[0])
        bot = Bot(bot_id, token, username, name, UpdateQueue(self.time.now, self.random), reads_all_groups)
        bot.next_private_id = self.random.randrange(200, 90_000)
        self.bots[token] = bot
        return bot

    def add_user(self, first_name: str, language_code: str | None, **more: Any) -> User:
        user = User(self._user_id(), first_name, language_code, **more)
        self.users[user.id] = user
        return user

    def _user_id(self) -> int:
        self._next_user += self.random.randrange(1, 9_000)
        return self._next_user

    def add_group(
        self, title: str, supergroup: bool = True, forum: bool = False, username: str | None = None
    ) -> Chat:
        self._next_group += self.random.randrange(1, 9_000)
        kind = "supergroup" if supergroup else "group"
        chat_id = -1_000_000_000_000 - self._next_group if supergroup else -self._next_group
        group = Chat(chat_id, kind, title, username, forum and supergroup, instance=self._instance())
        self.groups[chat_id] = group
        return group

    def upgrade(self, group: Chat) -> Chat:
        """A basic group becomes a supergroup with a new id; both chats tell so."""
        bigger = self.add_group(group.title or "", supergroup=True)
        bigger.members, bigger.bots = dict(group.members), dict(group.bots)
        group.migrated_to = bigger.id
        author = self.users[next(iter(group.members))]
        self.post(group, author, {"migrate_to_chat_id": bigger.id}, service=True)
        self.post(bigger, author, {"migrate_from_chat_id": group.id}, service=True)
        return bigger

    def bot_by_id(self, bot_id: int) -> Bot | None:
        return next((bot for bot in self.bots.values() if bot.id == bot_id), None)

    def private_chat(self, bot: Bot, user: User) -> Chat:
        chat = self.private.get((bot.id, user.id))
        if chat is None:
            chat = Chat(user.id, "private", person=user, bot=bot, instance=self._instance())
            self.private[bot.id, user.id] = chat
        return chat

    def _instance(self) -> str:
        return str(self.random.randrange(-(2**63), 2**63))

    # Access

    def find_chat(self, bot: Bot, given: str) -> Chat:
        """The chat a bot means, if the bot knows it at all."""
        given = given.strip()
        if not given:
            raise ApiError("chat_id_empty")
        if given.startswith("@"):
            group = next((g for g in self.groups.values() if g.username == given[1:]), None)
            if group is None:
                raise ApiError("chat_not_found")
            return group
        try:
            chat_id = int(given)
        except ValueError as problem:
            raise ApiError("chat_not_found") from problem
        if chat_id in self.users and self._knows(bot, chat_id):
            return self.private_chat(bot, self.users[chat_id])
        if self.bot_by_id(chat_id) is not None and chat_id != bot.id:
            raise ApiError("to_a_bot")
        if chat_id in self.groups and bot.id in self.groups[chat_id].bots:
            return self.groups[chat_id]
        raise ApiError("chat_not_found")

    def _knows(self, bot: Bot, user_id: int) -> bool:
        if (bot.id, user_id) in self.private:
            return True
        return any(bot.id in group.bots and user_id in group.members for group in self.groups.values())

    def writable(self, bot: Bot, given: str) -> Chat:
        """The chat, if the bot may write there now."""
        chat = self.find_chat(bot, given)
        if chat.person is not None:
            if chat.person.deactivated:
                raise ApiError("deactivated")
            if chat.blocked:
                raise ApiError("blocked")
            if not chat.started:
                raise ApiError("cannot_initiate")
            return chat
        self.require_member(bot, chat)
        return chat

    def require_member(self, bot: Bot, chat: Chat) -> None:
        if chat.migrated_to is not None:
            raise ApiError("migrated", {"migrate_to_chat_id": chat.migrated_to})
        status = chat.bots.get(bot.id, "left")
        if status == "kicked":
            raise ApiError(f"kicked_{chat.type}")
        if status not in MEMBER_STATES:
            raise ApiError(f"not_member_{chat.type}")

    # Messages

    def next_message_id(self, chat: Chat) -> int:
        """Per chat in supergroups and groups; per bot in private chats, not starting at 1 (guessed)."""
        if chat.bot is not None:
            chat.bot.next_private_id += 1
            return chat.bot.next_private_id
        chat.next_id += 1
        return chat.next_id - 1

    def peek_message_id(self, chat: Chat) -> int:
        """The number that the next message of this chat will get."""
        return chat.next_id if chat.bot is None else chat.bot.next_private_id + 1

    def post(self, chat: Chat, sender: User | Bot, content: Json, **more: Any) -> Message:
        """Puts a message into a chat and tells the bots that may see it."""
        message = Message(self.next_message_id(chat), chat, sender, self.time.unix(), content, **more)
        chat.messages[message.id] = message
        if isinstance(sender, Bot):
            chat.last_bot = sender.id
        for bot in self.listeners(message):
            self.tell(bot, "message", render.message(message, bot), f"chat:{chat.id}", MESSAGE_TTL)
        self.changed.fire()
        return message

    def edited(self, message: Message) -> None:
        message.edit_date = self.time.unix()
        message.seen_edits += 1
        for bot in self.listeners(message):
            self.tell(
                bot, "edited_message", render.message(message, bot), f"chat:{message.chat.id}", MESSAGE_TTL
            )
        self.changed.fire()

    def listeners(self, message: Message) -> list[Bot]:
        """A bot sees people's messages, service messages (its own too), never another bot's words."""
        chat = message.chat
        bots = (
            [chat.bot]
            if chat.bot
            else [b for b in self.bots.values() if chat.bots.get(b.id) in MEMBER_STATES]
        )
        if message.service:
            return bots
        if isinstance(message.sender, Bot):
            return []
        return [bot for bot in bots if chat.is_private or self._visible_in_group(bot, message)]

    def _visible_in_group(self, bot: Bot, message: Message) -> bool:
        """Privacy mode: commands for this bot, replies to it; administrators and open bots see all."""
        if bot.reads_all_groups or message.chat.bots.get(bot.id) in {"administrator", "creator"}:
            return True
        if match := COMMAND.match(message.text):
            named = (match.group(2) or "").removeprefix("@").lower()
            return named == bot.username.lower() if named else message.chat.last_bot in {None, bot.id}
        replied = message.chat.messages.get(message.reply_to or 0)
        return replied is not None and replied.sender is bot

    def tell(self, bot: Bot, kind: str, payload: Json, queue_key: str, ttl: float) -> None:
        bot.queue.put(kind, payload, queue_key, ttl)

    def membership(self, bot: Bot, chat: Chat, author: User, old: str, new: str) -> None:
        """my_chat_member; in private chats only when a person blocks or unblocks the bot."""
        payload = {
            "chat": render.chat(chat),
            "from": render.user(author),
            "date": self.time.unix(),
            "old_chat_member": render.member(bot, old),
            "new_chat_member": render.member(bot, new),
        }
        self.tell(bot, "my_chat_member", payload, f"member:{chat.id}", MESSAGE_TTL)
        self.changed.fire()

    def tap(self, person: User, message: Message, data: str) -> CallbackQuery:
        """A pressed inline button; taps queue by person, not by chat, and live 150 seconds."""
        bot = message.sender
        assert isinstance(bot, Bot), "only a bot's message has buttons"
        self._next_query += self.random.randrange(1, 10**6)
        query = CallbackQuery(str(self._next_query), bot.id, person.id, self.time.now())
        self.queries[query.id] = query
        gone = message.deleted
        payload = {
            "id": query.id,
            "from": render.user(person),
            "message": render.inaccessible(message.chat, message.id)
            if gone
            else render.message(message, bot),
            "chat_instance": message.chat.instance,
            "data": data,
        }
        self.tell(bot, "callback_query", payload, f"tap:{person.id}", CALLBACK_TTL)
        self.changed.fire()
        return query

    # Files

    def store(self, kind: str, data: bytes, name: str) -> StoredFile:
        """Keeps bytes; a path is given on demand by getFile."""
        unique = hashlib.sha256(self.random.randbytes(8) + data).hexdigest()[:16]
        suffix = name.rpartition(".")[2] if "." in name else {"photo": "jpg", "voice": "oga"}.get(kind, "bin")
        folder = {"photo": "photos", "voice": "voice"}.get(kind, "documents")
        stored = StoredFile(unique, kind, data, f"{folder}/file_{len(self.files)}.{suffix}")
        self.files[unique] = stored
        return stored
