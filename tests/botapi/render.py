"""How the messenger's things look in Bot API JSON, seen by one bot.

Source: Client.cpp JsonUser 459-485, JsonChat, JsonMessage, JsonCallbackQuery; core.telegram.org/bots/api.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from .model import Bot, Chat, Json, Message, User

FILE_FIELDS = ("photo", "document", "voice", "audio", "video", "thumbnail")
_ADMIN_RIGHTS = """
can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats
can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories
can_edit_stories can_delete_stories can_pin_messages can_manage_topics
can_send_welcome_messages
"""
ADMIN_RIGHTS = _ADMIN_RIGHTS.split()


def user(who: User | Bot) -> Json:
    if isinstance(who, Bot):
        return {"id": who.id, "is_bot": True, "first_name": who.name, "username": who.username}
    shown: Json = {"id": who.id, "is_bot": False, "first_name": who.first_name}
    for name in ("last_name", "username", "language_code"):
        if value := getattr(who, name):
            shown[name] = value
    return shown


def me(bot: Bot) -> Json:
    """getMe: the only place where a bot's abilities are shown."""
    return {
        **user(bot),
        "can_join_groups": True,
        "can_read_all_group_messages": bot.reads_all_groups,
        "supports_guest_queries": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": bot.topics_enabled,
        "allows_users_to_create_topics": bot.topics_enabled,
        "can_manage_bots": False,
        "supports_join_request_queries": False,
    }


def chat(place: Chat) -> Json:
    shown: Json = {"id": place.id, "type": place.type}
    if place.person is not None:
        shown["first_name"] = place.person.first_name
        for name in ("last_name", "username"):
            if value := getattr(place.person, name):
                shown[name] = value
        return shown
    shown["title"] = place.title
    if place.username:
        shown["username"] = place.username
    if place.is_forum:
        shown["is_forum"] = True
    return shown


def file_id(bot: Bot, unique_id: str) -> str:
    """A file_id is good for one bot only."""
    return urlsafe_b64encode(f"{bot.id}|{unique_id}".encode()).decode().rstrip("=")


def unique_of(bot: Bot, given: str) -> str | None:
    """The stored file behind this bot's file_id, or None when it is not this bot's."""
    try:
        owner, _, unique = urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().partition("|")
    except ValueError:
        return None
    return unique if owner == str(bot.id) else None


def with_file_ids(content: Any, bot: Bot) -> Any:
    if isinstance(content, list):
        return [with_file_ids(item, bot) for item in content]
    if isinstance(content, dict) and "file_unique_id" in content:
        return {"file_id": file_id(bot, content["file_unique_id"]), **content}
    return content


def message(item: Message, bot: Bot, nested: bool = False) -> Json:
    """A message as `bot` sees it; a replied message is shown without its own reply.

    In a topic a message that answers nothing replies to the one that opened the topic
    (Client.cpp get_same_chat_reply_to_message_id).
    """
    place = item.chat
    shown: Json = {
        "message_id": item.id,
        "from": user(item.sender),
        "chat": chat(place),
        "date": item.date,
    }
    if item.edit_date is not None:
        shown["edit_date"] = item.edit_date
    if item.thread_id is not None:
        shown["message_thread_id"] = item.thread_id
        shown["is_topic_message"] = True
    root = item.thread_id if item.thread_id != item.id else None
    if (target := item.reply_to or root) is not None and not nested:
        replied = place.messages.get(target)
        if replied is not None and not replied.deleted:
            shown["reply_to_message"] = message(replied, bot, nested=True)
    if item.protected:
        shown["has_protected_content"] = True
    for name, value in item.content.items():
        shown[name] = with_file_ids(value, bot) if name in FILE_FIELDS else value
    if item.markup is not None and "inline_keyboard" in item.markup:
        shown["reply_markup"] = item.markup
    return shown


def inaccessible(place: Chat, message_id: int) -> Json:
    """A message that is gone: only the chat and the number, date 0."""
    return {"message_id": message_id, "chat": chat(place), "date": 0}


def member(who: User | Bot, status: str) -> Json:
    shown: Json = {"user": user(who), "status": status}
    if status == "administrator":
        shown.update({right: right != "is_anonymous" for right in ADMIN_RIGHTS})
        shown["can_be_edited"] = False
    elif status == "creator":
        shown["is_anonymous"] = False
    elif status == "kicked":
        shown["until_date"] = 0
    return shown
