"""The things of the small messenger: users, bots, chats, topics, messages, files. Plain state, no rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .updates import UpdateQueue
    from .webhook import WebhookWorker

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A person with an account."""

    id: int
    first_name: str
    language_code: str | None = None
    last_name: str | None = None
    username: str | None = None
    deactivated: bool = False


@dataclass(slots=True)
class Webhook:
    """What setWebhook said, and what delivery found."""

    url: str
    secret: str = ""
    max_connections: int = 40
    has_certificate: bool = False
    last_error_date: int | None = None
    last_error_message: str | None = None
    gone_since: float | None = None
    next_try: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Bot:
    """A bot account, its update queue and its public texts."""

    id: int
    token: str
    username: str
    name: str
    queue: UpdateQueue
    reads_all_groups: bool = False
    topics_enabled: bool = True
    revoked: bool = False
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)
    webhook: Webhook | None = None
    webhook_set_at: float = -1e18
    worker: WebhookWorker | None = None
    next_private_id: int = 0


@dataclass(slots=True)
class StoredFile:
    """The bytes of one file; every bot sees it under its own file_id."""

    unique_id: str
    kind: str
    data: bytes
    path: str


@dataclass(slots=True)
class Topic:
    """A forum topic, in a supergroup or in a private chat with a bot."""

    thread_id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str | None = None
    closed: bool = False


@dataclass(slots=True)
class Message:
    """One message; `content` holds the Bot API fields of its kind, without file ids."""

    id: int
    chat: Chat
    sender: User | Bot
    date: int
    content: Json
    thread_id: int | None = None
    reply_to: int | None = None
    markup: Json | None = None
    edit_date: int | None = None
    protected: bool = False
    silent: bool = False
    service: bool = False
    deleted: bool = False
    seen_edits: int = 0
    reactions: dict[int, list[Json]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.content.get("text", self.content.get("caption", "")))


@dataclass(slots=True)
class Chat:
    """A private chat of one bot with one person, or a group of people and bots."""

    id: int
    type: str
    title: str | None = None
    username: str | None = None
    is_forum: bool = False
    person: User | None = None
    bot: Bot | None = None
    started: bool = False
    blocked: bool = False
    members: dict[int, str] = field(default_factory=dict)
    bots: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    next_id: int = 1
    pinned: int | None = None
    migrated_to: int | None = None
    last_bot: int | None = None
    actions: list[tuple[float, int, str]] = field(default_factory=list)
    drafts: dict[int, str] = field(default_factory=dict)
    instance: str = ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def alive(self) -> list[Message]:
        return [message for message in self.messages.values() if not message.deleted]


@dataclass(slots=True)
class CallbackQuery:
    """A tap that waits for answerCallbackQuery."""

    id: str
    bot_id: int
    person_id: int
    made_at: float
    answer: Json | None = None
    expired: bool = False


@dataclass(slots=True)
class Call:
    """One line of the call log."""

    at: float
    bot_id: int
    method: str
    params: Json
    status: int = 0
    result: Any = None
    description: str | None = None
    fault: str | None = None
