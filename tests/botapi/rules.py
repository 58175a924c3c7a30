"""Limits on texts, keyboards and commands, one function per decision.

Source: Client.cpp get_formatted_text, get_reply_markup, get_bot_commands; td MessageContent.cpp:4757,
MessageEntity.cpp, BotCommand.cpp; the live suite named in errors.py.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from . import markup
from .errors import ApiError
from .model import Json
from .params import Params
from .text import MAX_RAW_BYTES, Entity, finish, utf16_len

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_CALLBACK_BYTES = 64
MAX_BUTTONS = 100
MAX_ANSWER = 200
MAX_COMMANDS = 100
MAX_COMMAND = 32
MAX_COMMAND_DESCRIPTION = 256
MAX_TOPIC_NAME = 128
_ENTITY_TYPES = """
mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough
spoiler blockquote expandable_blockquote code pre text_link text_mention custom_emoji
date_time
"""
ENTITY_TYPES = frozenset(_ENTITY_TYPES.split())
FOUND_ANYWAY = frozenset(["mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"])
_OTHER_BUTTONS = """
web_app login_url switch_inline_query switch_inline_query_current_chat
switch_inline_query_chosen_chat copy_text callback_game pay
"""
OTHER_BUTTONS = frozenset(_OTHER_BUTTONS.split())
COMMAND_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2}", re.ASCII)
START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
SECRET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def message_text(params: Params) -> Json:
    """The text of a message, 1-4096 code points after the entities are parsed."""
    if not params.text("text"):
        raise ApiError("text_empty")
    text, entities = formatted(params, "text", "entities")
    if not text:
        raise ApiError("text_blank")
    if len(text) > MAX_TEXT:
        raise ApiError("message_too_long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption(params: Params) -> Json:
    """The caption of a medium, up to 1024 code points; empty is no caption."""
    text, entities = formatted(params, "caption", "caption_entities")
    if len(text) > MAX_CAPTION:
        raise ApiError("caption_too_long")
    content: Json = {"caption": text} if text else {}
    if text and entities:
        content["caption_entities"] = entities
    return content


def formatted(params: Params, field: str, entities_field: str) -> tuple[str, list[Entity]]:
    text = params.text(field)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as problem:
        raise ApiError("bad_utf8") from problem
    if size > MAX_RAW_BYTES:
        raise ApiError("text_raw_too_long")
    mode = params.text("parse_mode")
    if mode and mode.lower() != "none":
        text, entities = markup.parse(text, mode)
        if any(entity["type"] == "text_link" and not entity.get("url") for entity in entities):
            entities = [entity for entity in entities if entity["type"] != "text_link" or entity.get("url")]
    else:
        entities = checked_entities(text, params.json(entities_field, "entity_not_object"))
    return finish(text, entities)


def checked_entities(text: str, given: Any) -> list[Entity]:
    """Explicit entities, offsets and lengths in UTF-16 units."""
    if not isinstance(given, list):
        return []
    units = utf16_len(text)
    kept: list[Entity] = []
    for entity in given:
        if not isinstance(entity, dict):
            raise ApiError("entity_not_object")
        kind, offset, length = entity.get("type"), entity.get("offset", 0), entity.get("length", 0)
        if kind not in ENTITY_TYPES:
            raise ApiError("entity_type")
        if kind == "text_link" and "url" not in entity:
            raise ApiError("entity_url")
        if offset < 0:
            raise ApiError("entity_offset", offset=offset)
        if length < 0:
            raise ApiError("entity_length", length=length)
        if offset > units:
            raise ApiError("entity_begins_after", offset=offset)
        if offset + length > units:
            raise ApiError("entity_ends_after", offset=offset, end=offset + length)
        if length and kind not in FOUND_ANYWAY:
            kept.append({key: value for key, value in entity.items() if value is not None})
    return kept


def reply_markup(params: Params) -> Json | None:
    """The keyboard under a message, checked; None when absent or empty."""
    given = params.json("reply_markup", "markup_json")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ApiError("markup_object")
    if "inline_keyboard" in given:
        rows = _rows(given, "inline_keyboard")
        checked = [[inline_button(button) for button in row] for row in rows]
        checked = [row for row in checked if row]
        if sum(len(row) for row in checked) > MAX_BUTTONS:
            raise ApiError("markup_too_long")
        return {"inline_keyboard": checked} if checked else None
    if "keyboard" in given:
        buttons = [[keyboard_button(button) for button in row] for row in _rows(given, "keyboard")]
        return {**given, "keyboard": buttons}
    if given.get("remove_keyboard") or given.get("force_reply"):
        return given
    return None


def _rows(given: Json, field: str) -> list[list[Any]]:
    rows = given[field]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise ApiError("markup_rows", field=field)
    return rows


def inline_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise ApiError("inline_object")
    kept: Json = {key: value for key, value in button.items() if value is not None}
    if not isinstance(kept.get("text"), str):
        raise ApiError("inline_text")
    if not kept["text"].strip():
        raise ApiError("button_text")
    data = kept.get("callback_data")
    if data:
        if not 1 <= len(str(data).encode()) <= MAX_CALLBACK_BYTES:
            raise ApiError("button_data")
    elif kept.get("url"):
        kept["url"] = button_url(str(kept["url"]))
    elif not OTHER_BUTTONS & set(kept):
        raise ApiError("inline_text_unallowed")
    return kept


def button_url(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in {"http", "https", "tg", "ton"}:
        raise ApiError("inline_url", url=url, why="Unsupported URL protocol")
    if parts.scheme in {"http", "https"} and "." not in (parts.hostname or ""):
        raise ApiError("inline_url", url=url, why="Wrong HTTP URL")
    return parts.geturl() if parts.path or parts.scheme == "tg" else f"{parts.geturl()}/"


def keyboard_button(button: Any) -> Json:
    if isinstance(button, str):
        return keyboard_button({"text": button})
    if not isinstance(button, dict):
        raise ApiError("markup_buttons")
    if not isinstance(button.get("text"), str):
        raise ApiError("keyboard_text")
    if not button["text"].strip():
        raise ApiError("button_text")
    kept: Json = {key: value for key, value in button.items() if value is not None}
    return kept


def bot_commands(given: Any) -> list[Json]:
    """A list of commands: names 1-32 of [a-z0-9_], descriptions 1-256."""
    if not isinstance(given, list):
        raise ApiError("commands_array")
    if len(given) > MAX_COMMANDS:
        raise ApiError("commands_many")
    checked: list[Json] = []
    for item in given:
        name = str(item.get("command", "")).strip().removeprefix("/") if isinstance(item, dict) else ""
        description = str(item.get("description", "")).strip() if isinstance(item, dict) else ""
        if not name:
            raise ApiError("command_empty")
        if len(name) > MAX_COMMAND:
            raise ApiError("command_long")
        if not COMMAND_NAME.fullmatch(name):
            raise ApiError("command_invalid")
        if not description:
            raise ApiError("command_description_empty")
        if len(description) > MAX_COMMAND_DESCRIPTION:
            raise ApiError("command_description")
        checked.append({"command": name, "description": description})
    return checked


def language(params: Params) -> str:
    code = params.text("language_code")
    if code and not LANGUAGE.fullmatch(code):
        raise ApiError("language_code")
    return code


def webhook_url(url: str, any_url: bool) -> None:
    """https on 443, 80, 88 or 8443, unless the server runs like the real one with --local."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ApiError("webhook_bad", why="invalid webhook URL specified")
    if any_url:
        return
    if parts.scheme != "https":
        raise ApiError("webhook_bad", why="An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in {443, 80, 88, 8443}:
        raise ApiError("webhook_bad", why="Webhook can be set up only on ports 80, 88, 443 or 8443")


def secret_token(secret: str) -> None:
    if len(secret) > 256:
        raise ApiError("secret_long")
    if not SECRET.fullmatch(secret):
        raise ApiError("secret_chars")
