"""Methods that change or remove what is already in a chat, and answers to taps.

Source: Client.cpp process_edit_message_*, process_delete_message*, process_answer_callback_query_query;
td MessagesManager can_edit_message, can_delete_message; core.telegram.org/bots/api deleteMessage (48 hours).
"""

from __future__ import annotations

from typing import Any

from . import render, rules
from .errors import ApiError
from .model import Chat, Json, Message
from .request import Handler, Request
from .world import ANSWER_WITHIN

DELETE_WITHIN = 48 * 3600
MAX_DELETED_AT_ONCE = 100
_REACTIONS = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥
🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨
🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
REACTIONS = frozenset(_REACTIONS.split())


def editable(request: Request) -> Message:
    if request.params.has("business_connection_id"):
        raise ApiError("business")
    if request.params.has("inline_message_id"):
        raise ApiError("not_supported", name="inline_message_id")
    if request.params.has("rich_message"):
        raise ApiError("not_supported", name="rich_message")
    if not request.params.has("chat_id") and not request.params.has("message_id"):
        raise ApiError("message_id_missing")
    message = request.message(request.chat(), "edit_not_found")
    plain = message.markup is None or "inline_keyboard" in message.markup
    if message.sender is not request.bot or message.service or not plain:
        raise ApiError("cannot_edit")
    return message


def apply_edit(request: Request, message: Message, content: Json) -> Json:
    """The same content and keyboard as before is an error that callers must treat as success."""
    markup = rules.reply_markup(request.params)
    if markup is not None and "inline_keyboard" not in markup:
        raise ApiError("cannot_edit")
    if content == message.content and markup == message.markup:
        raise ApiError("not_modified")
    message.content, message.markup = content, markup
    request.world.edited(message)
    return render.message(message, request.bot)


def edit_text(request: Request) -> Json:
    content = rules.message_text(request.params)
    message = editable(request)
    if "text" not in message.content:
        raise ApiError("no_text_to_edit")
    if "link_preview_options" in message.content:
        content["link_preview_options"] = message.content["link_preview_options"]
    return apply_edit(request, message, content)


def edit_caption(request: Request) -> Json:
    caption = rules.caption(request.params)
    message = editable(request)
    if "text" in message.content:
        raise ApiError("no_caption_to_edit")
    rest = {key: value for key, value in message.content.items() if not key.startswith("caption")}
    return apply_edit(request, message, {**rest, **caption})


def edit_markup(request: Request) -> Json:
    message = editable(request)
    return apply_edit(request, message, dict(message.content))


def check_deletable(request: Request, chat: Chat, message: Message) -> None:
    """In private chats both sides' messages, for 48 hours; in groups others' only as administrator."""
    age = request.world.time.unix() - message.date
    admin = chat.bots.get(request.bot.id) in {"administrator", "creator"}
    if not chat.is_private and message.sender is not request.bot and not admin:
        raise ApiError("cannot_delete")
    if age >= DELETE_WITHIN and not admin:
        raise ApiError("cannot_delete_for_everyone")


def delete_message(request: Request) -> bool:
    chat = request.known_chat()
    message = request.message(chat, "delete_not_found")
    check_deletable(request, chat, message)
    message.deleted = True
    request.world.changed.fire()
    return True


def delete_messages(request: Request) -> bool:
    """Messages that are not there are skipped in silence."""
    given = request.params.json("message_ids", "ids_missing")
    if not isinstance(given, list) or not given:
        raise ApiError("ids_missing")
    if len(given) > MAX_DELETED_AT_ONCE:
        raise ApiError("ids_too_many")
    chat = request.known_chat()
    found = [chat.messages[int(number)] for number in given if int(number) in chat.messages]
    for message in found:
        check_deletable(request, chat, message)
    for message in found:
        message.deleted = True
    request.world.changed.fire()
    return True


def pin(request: Request) -> bool:
    chat = request.chat()
    message = request.message(chat, "pin_not_found")
    if not chat.is_private and chat.bots.get(request.bot.id) not in {"administrator", "creator"}:
        raise ApiError("no_rights", act="manage pinned messages in the chat")
    chat.pinned = message.id
    content = {"pinned_message": render.message(message, request.bot, nested=True)}
    request.world.post(chat, request.bot, content, service=True, thread_id=message.thread_id)
    return True


def react(request: Request) -> bool:
    chat = request.chat()
    message = request.message(chat, "react_not_found")
    given: Any = request.params.json("reaction", "reaction_type") or []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise ApiError("reaction_type")
    if len(given) > 1:
        raise ApiError("reactions_too_many")
    for item in given:
        if item.get("type") != "emoji" or str(item.get("emoji", "")).replace("\ufe0f", "") not in REACTIONS:
            raise ApiError("reaction_invalid")
    message.reactions[request.bot.id] = given
    request.world.changed.fire()
    return True


def answer_callback(request: Request) -> bool:
    query = request.world.queries.get(request.params.text("callback_query_id"))
    now = request.world.time.now()
    if query is None or query.bot_id != request.bot.id or query.answer is not None or query.expired:
        raise ApiError("query_old")
    if now - query.made_at > ANSWER_WITHIN:
        raise ApiError("query_old")
    text = request.params.text("text")
    if len(text) > rules.MAX_ANSWER:
        raise ApiError("answer_too_long")
    query.answer = {
        "text": text,
        "show_alert": request.params.flag("show_alert"),
        "url": request.params.text("url"),
    }
    request.world.changed.fire()
    return True


METHODS: dict[str, Handler] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin,
    "setMessageReaction": react,
    "answerCallbackQuery": answer_callback,
}
