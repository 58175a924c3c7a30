"""Methods about chats: who is in them, their topics, their files.

Source: Client.cpp process_get_chat_*, process_*_forum_topic_query, process_get_file_query;
core.telegram.org/bots/api createForumTopic (forum supergroups and private chats).
"""

from __future__ import annotations

from . import media, render
from .errors import ApiError
from .model import Bot, Chat, Json, Topic, User
from .request import Handler, Request
from .rules import MAX_TOPIC_NAME
from .world import ICON_COLORS

GIFTS = ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"]


def get_chat(request: Request) -> Json:
    chat = request.known_chat()
    shown = render.chat(chat)
    shown.update(
        accent_color_id=abs(chat.id) % 7,
        max_reaction_count=11,
        accepted_gift_types=dict.fromkeys(GIFTS, chat.is_private),
    )
    if chat.pinned in chat.messages and not chat.messages[chat.pinned].deleted:
        shown["pinned_message"] = render.message(chat.messages[chat.pinned], request.bot)
    return shown


def _who(request: Request) -> User | Bot:
    user_id = request.params.integer("user_id")
    if user_id <= 0:
        raise ApiError("invalid_user_id")
    who = request.world.users.get(user_id) or request.world.bot_by_id(user_id)
    if who is None:
        raise ApiError("user_not_found")
    return who


def get_chat_member(request: Request) -> Json:
    chat = request.known_chat()
    who = _who(request)
    if chat.is_private:
        here = who is chat.person or who is chat.bot
        return render.member(who, "member" if here else "left")
    return render.member(who, {**chat.members, **chat.bots}.get(who.id, "left"))


def get_chat_administrators(request: Request) -> list[Json]:
    """People who run the group, and this bot; other bots are left out unless asked for."""
    chat = request.known_chat()
    if chat.is_private:
        raise ApiError("no_rights", act="see administrators of a private chat")
    world = request.world
    found = [(world.users[number], status) for number, status in chat.members.items()]
    everyone: list[tuple[User | Bot, str]] = list(found)
    for number, status in chat.bots.items():
        bot = world.bot_by_id(number)
        if bot is not None and (bot is request.bot or request.params.flag("return_bots")):
            everyone.append((bot, status))
    return [render.member(who, status) for who, status in everyone if status in {"administrator", "creator"}]


def leave_chat(request: Request) -> bool:
    chat = request.known_chat()
    if chat.is_private:
        raise ApiError("leave_private")
    old = chat.bots[request.bot.id]
    chat.bots[request.bot.id] = "left"
    author = request.world.users[next(iter(chat.members))]
    request.world.membership(request.bot, chat, author, old, "left")
    return True


def get_file(request: Request) -> Json:
    if not request.params.has("file_id"):
        raise ApiError("file_id_missing")
    unique = render.unique_of(request.bot, request.params.text("file_id"))
    stored = request.world.files.get(unique or "")
    if stored is None:
        raise ApiError("invalid_file_id")
    if len(stored.data) > media.MAX_DOWNLOAD:
        raise ApiError("file_too_big")
    return {
        "file_id": render.file_id(request.bot, stored.unique_id),
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


# Topics


def forum(request: Request, act: str, private_too: bool = True) -> Chat:
    chat = request.chat()
    if chat.is_private:
        if not private_too or not request.bot.topics_enabled:
            raise ApiError("not_a_forum")
    elif not chat.is_forum:
        raise ApiError("not_a_forum")
    elif chat.bots.get(request.bot.id) not in {"administrator", "creator"}:
        raise ApiError("no_rights", act=act)
    return chat


def topic_of(request: Request, chat: Chat) -> Topic:
    topic = chat.topics.get(request.params.integer("message_thread_id"))
    if topic is None:
        raise ApiError("topic_invalid")
    return topic


def create_topic(request: Request) -> Json:
    chat = forum(request, "create a topic")
    name = request.params.text("name").strip()[:MAX_TOPIC_NAME]
    if not name:
        raise ApiError("topic_name_empty")
    color = request.params.integer("icon_color", ICON_COLORS[0])
    return shown_topic(open_topic(request, chat, request.bot, name, color))


def open_topic(request: Request, chat: Chat, author: Bot | User, name: str, color: int) -> Topic:
    """The service message that opens a topic gives it its number."""
    color = color if color in ICON_COLORS else ICON_COLORS[0]
    content = {"forum_topic_created": {"name": name, "icon_color": color}}
    number = request.world.peek_message_id(chat)
    topic = Topic(number, name, color, request.params.text("icon_custom_emoji_id") or None)
    chat.topics[number] = topic
    request.world.post(chat, author, content, service=True, thread_id=number)
    return topic


def shown_topic(topic: Topic) -> Json:
    shown: Json = {"message_thread_id": topic.thread_id, "name": topic.name, "icon_color": topic.icon_color}
    if topic.icon_custom_emoji_id:
        shown["icon_custom_emoji_id"] = topic.icon_custom_emoji_id
    return shown


def edit_topic(request: Request) -> bool:
    chat = forum(request, "edit the topic")
    topic = topic_of(request, chat)
    change: Json = {}
    name = request.params.text("name").strip()[:MAX_TOPIC_NAME]
    if name and name != topic.name:
        topic.name = change["name"] = name
    icon = request.params.text("icon_custom_emoji_id")
    if icon != (topic.icon_custom_emoji_id or "") and "icon_custom_emoji_id" in request.params.values:
        topic.icon_custom_emoji_id = icon or None
        change["icon_custom_emoji_id"] = icon
    if not change:
        raise ApiError("topic_not_modified")
    request.world.post(
        chat, request.bot, {"forum_topic_edited": change}, service=True, thread_id=topic.thread_id
    )
    return True


def set_closed(closed: bool) -> Handler:
    field = "forum_topic_closed" if closed else "forum_topic_reopened"

    def handler(request: Request) -> bool:
        chat = forum(request, "close or reopen the topic", private_too=False)
        topic = topic_of(request, chat)
        if topic.closed == closed:
            raise ApiError("topic_not_modified")
        topic.closed = closed
        request.world.post(chat, request.bot, {field: {}}, service=True, thread_id=topic.thread_id)
        return True

    return handler


def delete_topic(request: Request) -> bool:
    """The topic goes with every message in it."""
    chat = forum(request, "delete the topic")
    topic = topic_of(request, chat)
    for message in chat.messages.values():
        if message.thread_id == topic.thread_id:
            message.deleted = True
    del chat.topics[topic.thread_id]
    request.world.changed.fire()
    return True


METHODS: dict[str, Handler] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "leaveChat": leave_chat,
    "getFile": get_file,
    "createForumTopic": create_topic,
    "editForumTopic": edit_topic,
    "closeForumTopic": set_closed(True),
    "reopenForumTopic": set_closed(False),
    "deleteForumTopic": delete_topic,
}
