"""The person's side: what somebody with a telephone does and sees. Never used by a bot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import media, render
from .model import Bot, CallbackQuery, Chat, Json, Message, Topic, User
from .rules import START_PAYLOAD
from .text import finish
from .updates import MESSAGE_TTL
from .world import ICON_COLORS, MEMBER_STATES, World

WAIT = 5.0
TINY_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One message as it stands in the chat now."""

    id: int
    sender_id: int
    from_bot: bool
    kind: str
    text: str
    buttons: tuple[tuple[str, ...], ...]
    data: tuple[tuple[str, ...], ...]
    keyboard: str
    topic: int | None
    reply_to: int | None
    date: int
    edited: bool
    deleted: bool
    protected: bool
    silent: bool
    entities: tuple[Json, ...]
    reactions: tuple[str, ...]


def line_of(message: Message) -> Line:
    markup = message.markup or {}
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    known = ("text", "photo", "document", "voice", "contact", "location")
    kind = next((name for name in known if name in message.content), next(iter(message.content), "empty"))
    emoji = [str(item.get("emoji", "")) for given in message.reactions.values() for item in given]
    return Line(
        id=message.id,
        sender_id=message.sender.id,
        from_bot=isinstance(message.sender, Bot),
        kind=kind,
        text=message.text,
        buttons=tuple(tuple(str(button["text"]) for button in row) for row in rows),
        data=tuple(tuple(str(button.get("callback_data", "")) for button in row) for row in rows),
        keyboard=next(iter(markup), ""),
        topic=message.thread_id,
        reply_to=message.reply_to,
        date=message.date,
        edited=message.edit_date is not None,
        deleted=message.deleted,
        protected=message.protected,
        silent=message.silent,
        entities=tuple(message.content.get("entities") or message.content.get("caption_entities") or ()),
        reactions=tuple(emoji),
    )


def lines(chat: Chat, deleted: bool = False) -> list[Line]:
    return [line_of(message) for message in chat.messages.values() if deleted or not message.deleted]


@dataclass(slots=True)
class Tap:
    """A pressed button; `answered()` waits for answerCallbackQuery."""

    world: World
    query: CallbackQuery | None
    url: str | None = None

    async def answered(self, timeout: float = WAIT) -> Json:
        query = self.query
        assert query is not None, "this button asks the bot nothing"
        if not await self.world.changed.until(lambda: query.answer is not None, timeout):
            raise TimeoutError("the bot did not answer the tap")
        assert query.answer is not None
        return query.answer


class Group:
    """A group as its people see it."""

    def __init__(self, world: World, chat: Chat) -> None:
        self.world, self.chat = world, chat

    @property
    def id(self) -> int:
        return self.chat.id

    def add_bot(self, bot: Bot, by: User, admin: bool = False) -> None:
        old = self.chat.bots.get(bot.id, "left")
        new = "administrator" if admin else "member"
        self.chat.bots[bot.id] = new
        self.world.membership(bot, self.chat, by, old, new)
        if old not in MEMBER_STATES:
            self.world.post(self.chat, by, {"new_chat_members": [render.user(bot)]}, service=True)

    def remove_bot(self, bot: Bot, by: User) -> None:
        """Kicks the bot out; it may not write any more."""
        old = self.chat.bots.get(bot.id, "left")
        self.chat.bots[bot.id] = "kicked"
        self.world.membership(bot, self.chat, by, old, "kicked")

    def upgrade(self) -> Group:
        return Group(self.world, self.world.upgrade(self.chat))

    def topics(self) -> dict[str, int]:
        return {topic.name: number for number, topic in self.chat.topics.items()}

    def transcript(self, deleted: bool = False) -> list[Line]:
        return lines(self.chat, deleted)


class Person:
    """Somebody with a telephone. Every act is immediate; only waiting is async."""

    def __init__(self, world: World, user: User, bot: Bot) -> None:
        self.world, self.user, self._bot = world, user, bot
        self._read: dict[int, int] = {}

    @property
    def id(self) -> int:
        return self.user.id

    def with_bot(self, bot: Bot) -> Person:
        """The same person in the chat with another bot."""
        return Person(self.world, self.user, bot)

    def chat(self, group: Group | None = None) -> Chat:
        return group.chat if group else self.world.private_chat(self._bot, self.user)

    # Speaking

    def _send(
        self, content: Json, group: Group | None, topic: int | None, reply_to: int | Line | None
    ) -> Message:
        chat = self.chat(group)
        if chat.person is not None:
            if chat.blocked or self.user.deactivated:
                raise RuntimeError("a blocked bot cannot be written to; unblock it first")
            chat.started = True
        elif self.id not in chat.members:
            raise RuntimeError("not in this group")
        target = reply_to.id if isinstance(reply_to, Line) else reply_to
        return self.world.post(chat, self.user, content, thread_id=topic, reply_to=target)

    def start(self, payload: str = "") -> Line:
        """Presses START, from a link with a payload or without; an invalid payload is lost in silence."""
        if self.chat().blocked:
            self.unblock()
        payload = payload if START_PAYLOAD.fullmatch(payload) else ""
        return self.write(f"/start {payload}".strip())

    def write(
        self,
        text: str,
        group: Group | None = None,
        topic: int | None = None,
        reply_to: int | Line | None = None,
    ) -> Line:
        cleaned, entities = finish(text, [])
        content: Json = {"text": cleaned, **({"entities": entities} if entities else {})}
        return line_of(self._send(content, group, topic, reply_to))

    def _send_file(
        self, kind: str, data: bytes, name: str, caption: str, group: Group | None, **more: Any
    ) -> Line:
        stored = self.world.store(kind, data, name)
        content = media.content_of(stored, name, more.pop("mime", None), more.pop("duration", 0))
        if caption:
            cleaned, entities = finish(caption, [])
            content.update({"caption": cleaned, **({"caption_entities": entities} if entities else {})})
        return line_of(self._send(content, group, more.get("topic"), more.get("reply_to")))

    def send_photo(
        self, data: bytes = TINY_PNG, caption: str = "", group: Group | None = None, **more: Any
    ) -> Line:
        return self._send_file("photo", data, "photo.jpg", caption, group, **more)

    def send_document(
        self, data: bytes, name: str = "file.txt", caption: str = "", group: Group | None = None, **more: Any
    ) -> Line:
        return self._send_file("document", data, name, caption, group, **more)

    def send_voice(
        self, data: bytes = b"OggS", duration: int = 3, group: Group | None = None, **more: Any
    ) -> Line:
        return self._send_file(
            "voice", data, "voice.oga", "", group, mime="audio/ogg", duration=duration, **more
        )

    def send_contact(self, phone_number: str, group: Group | None = None) -> Line:
        contact = {"phone_number": phone_number, "first_name": self.user.first_name, "user_id": self.id}
        return line_of(self._send({"contact": contact}, group, None, None))

    def forward(self, text: str, author: str, group: Group | None = None) -> Line:
        """Passes on somebody's message; the author has hidden the account, only the name is seen."""
        origin = {"type": "hidden_user", "date": self.world.time.unix(), "sender_user_name": author}
        return line_of(self._send({"text": text, "forward_origin": origin}, group, None, None))

    def send_raw(self, content: Json, group: Group | None = None) -> Line:
        """Any other kind of message, given as its Bot API fields (a location, a sticker, ...)."""
        return line_of(self._send(content, group, None, None))

    # Touching what is there

    def _own(self, line: Line | int, group: Group | None) -> Message:
        message = self.chat(group).messages[line if isinstance(line, int) else line.id]
        if message.sender is not self.user:
            raise RuntimeError("only one's own messages can be changed")
        return message

    def edit(self, line: Line | int, text: str, group: Group | None = None) -> Line:
        message = self._own(line, group)
        field = "text" if "text" in message.content else "caption"
        cleaned, entities = finish(text, [])
        message.content = {**message.content, field: cleaned}
        name = "entities" if field == "text" else "caption_entities"
        message.content.pop(name, None)
        if entities:
            message.content[name] = entities
        self.world.edited(message)
        return line_of(message)

    def delete(self, line: Line | int, group: Group | None = None) -> None:
        """Bots are not told when a person deletes a message."""
        self._own(line, group).deleted = True
        self.world.changed.fire()

    def tap(self, button: str, line: Line | int | None = None, group: Group | None = None) -> Tap:
        """Presses the button with this label or callback data; the newest one if there are several."""
        chat = self.chat(group)
        number = line.id if isinstance(line, Line) else line
        for message in reversed(chat.messages.values()):
            wanted = message.id == number if number is not None else not message.deleted
            if not wanted or not isinstance(message.sender, Bot):
                continue
            markup = message.markup or {}
            for row in markup.get("inline_keyboard", []):
                for item in row:
                    if button in {item["text"], item.get("callback_data")}:
                        return self._press(message, item)
            if any(item["text"] == button for row in markup.get("keyboard", []) for item in row):
                self.write(button, group)
                return Tap(self.world, None)
        raise LookupError(f"no button {button!r} in this chat")

    def react(self, line: Line | int, emoji: str = "", group: Group | None = None) -> None:
        """Puts an emoji under a message, or takes it away; told only to bots that asked for it."""
        chat = self.chat(group)
        message = chat.messages[line if isinstance(line, int) else line.id]
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        payload = {
            "chat": render.chat(chat),
            "message_id": message.id,
            "user": render.user(self.user),
            "date": self.world.time.unix(),
            "old_reaction": message.reactions.get(self.id, []),
            "new_reaction": new,
        }
        message.reactions[self.id] = new
        admins = [bot for bot in self.world.bots.values() if chat.bots.get(bot.id) == "administrator"]
        for bot in [chat.bot] if chat.bot else admins:
            self.world.tell(bot, "message_reaction", payload, f"reaction:{chat.id}", MESSAGE_TTL)
        self.world.changed.fire()

    def _press(self, message: Message, item: Json) -> Tap:
        if "callback_data" not in item:
            return Tap(self.world, None, str(item.get("url", "")))
        return Tap(self.world, self.world.tap(self.user, message, str(item["callback_data"])))

    # Coming and going

    def block(self) -> None:
        chat = self.chat()
        if not chat.blocked:
            chat.blocked = True
            self.world.membership(self._bot, chat, self.user, "member", "kicked")

    def unblock(self) -> None:
        chat = self.chat()
        if chat.blocked:
            chat.blocked = False
            self.world.membership(self._bot, chat, self.user, "kicked", "member")

    def delete_account(self) -> None:
        self.user.deactivated = True
        self.user.first_name, self.user.last_name, self.user.username = "", None, None

    def join(self, group: Group, status: str = "member") -> None:
        old = group.chat.members.get(self.id, "left")
        group.chat.members[self.id] = status
        if old not in MEMBER_STATES:
            self._tell_admins(group.chat, old, status)
            self.world.post(
                group.chat, self.user, {"new_chat_members": [render.user(self.user)]}, service=True
            )

    def leave(self, group: Group) -> None:
        old = group.chat.members.pop(self.id)
        self._tell_admins(group.chat, old, "left")
        self.world.post(group.chat, self.user, {"left_chat_member": render.user(self.user)}, service=True)

    def _tell_admins(self, chat: Chat, old: str, new: str) -> None:
        payload = {
            "chat": render.chat(chat),
            "from": render.user(self.user),
            "date": self.world.time.unix(),
            "old_chat_member": render.member(self.user, old),
            "new_chat_member": render.member(self.user, new),
        }
        for bot in self.world.bots.values():
            if chat.bots.get(bot.id) == "administrator":
                self.world.tell(bot, "chat_member", payload, f"people:{self.id}", MESSAGE_TTL)

    def open_topic(self, name: str, group: Group | None = None) -> int:
        """Opens a topic by hand; its number."""
        chat = self.chat(group)
        number = self.world.peek_message_id(chat)
        chat.topics[number] = Topic(number, name, ICON_COLORS[0])
        content = {"forum_topic_created": {"name": name, "icon_color": ICON_COLORS[0]}}
        self.world.post(chat, self.user, content, service=True, thread_id=number)
        return number

    # Reading

    def transcript(self, group: Group | None = None, deleted: bool = False) -> list[Line]:
        return lines(self.chat(group), deleted)

    def said(self, group: Group | None = None) -> list[Line]:
        """What bots have written here and is still to be seen."""
        return [line for line in self.transcript(group) if line.from_bot]

    def actions(self, group: Group | None = None) -> list[str]:
        return [action for _, _, action in self.chat(group).actions]

    async def until(self, ready: Callable[[], Any], timeout: float = WAIT) -> None:
        """Waits until something in the messenger makes `ready()` true."""
        if not await self.world.changed.until(lambda: bool(ready()), timeout):
            raise TimeoutError(
                f"did not happen within {timeout} s; the chat: {[x.text for x in self.transcript()]}"
            )

    async def expect(
        self, text: str | Callable[[Line], bool], timeout: float = WAIT, group: Group | None = None
    ) -> Line:
        """Waits for a visible bot message that contains the text, or fits; the newest such line."""

        def fitting() -> list[Line]:
            return [
                line
                for line in self.said(group)
                if (text in line.text if isinstance(text, str) else text(line))
            ]

        await self.until(fitting, timeout)
        return fitting()[-1]

    async def next(self, timeout: float = WAIT, group: Group | None = None) -> Line:
        """Waits for the next bot message that `next()` has not given yet."""
        key = self.chat(group).id

        def fresh() -> list[Line]:
            return [line for line in self.said(group) if line.id > self._read.get(key, 0)]

        await self.until(fresh, timeout)
        line = fresh()[0]
        self._read[key] = line.id
        return line
