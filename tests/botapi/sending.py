"""Methods that put something into a chat.

Source: Client.cpp do_send_message, check_reply_parameters, check_chat_access; the FAQ for flood limits.
"""

from __future__ import annotations

from . import media, render, rules
from .errors import ApiError, flood
from .model import Chat, Json, Message
from .request import Handler, Request

_UNSUPPORTED = """
direct_messages_topic_id suggested_post_parameters ephemeral_message_parameters
receiver_user_id allow_paid_broadcast message_effect_id rich_message
"""
UNSUPPORTED = _UNSUPPORTED.split()
_ACTIONS = """
typing upload_photo record_video upload_video record_voice upload_voice upload_document
choose_sticker find_location record_video_note upload_video_note
"""
ACTIONS = frozenset(_ACTIONS.split())


def refuse_unsupported(request: Request) -> None:
    """What this server does not model is refused aloud."""
    if request.params.has("business_connection_id"):
        raise ApiError("business")
    for name in UNSUPPORTED:
        if request.params.has(name) and request.params.text(name) != "false":
            raise ApiError("not_supported", name=name)


def reply_target(request: Request, chat: Chat) -> int | None:
    """The message to reply to, or None; a missing one is refused unless the caller allows it."""
    given = request.params.json("reply_parameters", "reply_no_id")
    if isinstance(given, dict):
        if "message_id" not in given:
            raise ApiError("reply_no_id")
        number, allow = int(given["message_id"]), bool(given.get("allow_sending_without_reply"))
    else:
        number = request.params.integer("reply_to_message_id")
        allow = request.params.flag("allow_sending_without_reply")
    if number <= 0:
        return None
    target = chat.messages.get(number)
    if target is None or target.deleted:
        if allow:
            return None
        raise ApiError("reply_not_found")
    return number


def thread(request: Request, chat: Chat) -> int | None:
    """The topic to write to; the General topic has no number (1 is refused)."""
    number = request.params.integer("message_thread_id")
    if not number:
        return None
    topic = chat.topics.get(number)
    if topic is None:
        raise ApiError("thread_not_found")
    if topic.closed and chat.bots.get(request.bot.id) not in {"administrator", "creator"}:
        raise ApiError("topic_closed")
    return number


def deliver(request: Request, chat: Chat, content: Json, markup: Json | None) -> Message:
    """The last checks, the flood rule, and then the message is in the chat."""
    refuse_unsupported(request)
    topic = thread(request, chat)
    reply_to = reply_target(request, chat)
    wait = request.world.flood.wait_for(request.bot.id, chat.id, request.world.time.now())
    if wait:
        raise flood(wait)
    return request.world.post(
        chat,
        request.bot,
        content,
        thread_id=topic,
        reply_to=reply_to,
        markup=markup,
        protected=request.params.flag("protect_content"),
        silent=request.params.flag("disable_notification"),
    )


def send_message(request: Request) -> Json:
    content = rules.message_text(request.params)
    markup = rules.reply_markup(request.params)
    preview = request.params.json("link_preview_options", "not_found")
    if isinstance(preview, dict) and preview.get("is_disabled") is True:
        content["link_preview_options"] = {"is_disabled": True}
    return render.message(deliver(request, request.chat(), content, markup), request.bot)


def send_file(kind: str) -> Handler:
    def handler(request: Request) -> Json:
        text = rules.caption(request.params)
        markup = rules.reply_markup(request.params)
        chat = request.chat()
        content = {**media.from_request(request.world, request.bot, request.params, kind), **text}
        if request.params.flag("has_spoiler") and kind == "photo":
            content["has_media_spoiler"] = True
        return render.message(deliver(request, chat, content, markup), request.bot)

    return handler


def copy_message(request: Request) -> Json:
    source = request.world.find_chat(request.bot, request.params.text("from_chat_id"))
    original = request.message(source, "copy_not_found")
    if original.service:
        raise ApiError("cannot_copy")
    content = dict(original.content)
    if request.params.has("caption") and "text" not in content:
        content.pop("caption", None)
        content.pop("caption_entities", None)
        content.update(rules.caption(request.params))
    markup = rules.reply_markup(request.params)
    return {"message_id": deliver(request, request.chat(), content, markup).id}


def send_draft(request: Request) -> bool:
    """A preview that lasts 30 seconds on the person's screen; nothing stays in the chat."""
    chat = request.chat()
    if not chat.is_private:
        raise ApiError("chat_not_found")
    if not request.params.integer("draft_id"):
        raise ApiError("draft_id")
    thread(request, chat)
    text, _ = rules.formatted(request.params, "text", "entities")
    if len(text) > rules.MAX_TEXT:
        raise ApiError("message_too_long")
    chat.drafts[request.params.integer("draft_id")] = text
    request.world.changed.fire()
    return True


def send_chat_action(request: Request) -> bool:
    action = request.params.text("action").lower()
    if action not in ACTIONS:
        raise ApiError("action_missing")
    chat = request.chat()
    thread(request, chat)
    chat.actions.append((request.world.time.now(), request.bot.id, action))
    request.world.changed.fire()
    return True


METHODS: dict[str, Handler] = {
    "sendMessage": send_message,
    "sendMessageDraft": send_draft,
    "sendPhoto": send_file("photo"),
    "sendDocument": send_file("document"),
    "sendVoice": send_file("voice"),
    "sendChatAction": send_chat_action,
    "copyMessage": copy_message,
}
