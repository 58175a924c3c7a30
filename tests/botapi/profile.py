"""Methods about the bot itself: its commands, name and descriptions, per language, and the menu button.

Source: Client.cpp process_set_my_*, get_bot_command_scope; td BotCommand.cpp, BotInfoManager.
"""

from __future__ import annotations

import json

from . import render, rules
from .errors import ApiError
from .model import Json
from .request import Handler, Request

SCOPES = frozenset(
    [
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ]
)
MENU_BUTTONS = frozenset({"default", "commands", "web_app"})
LIMITS = {"name": (64, "title_invalid"), "description": (512, "description_long"),
          "short_description": (120, "description_long")}  # fmt: skip


def get_me(request: Request) -> Json:
    return render.me(request.bot)


def scope_key(request: Request) -> tuple[str, str]:
    scope = request.params.json("scope", "scope_type") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise ApiError("scope_type")
    if "chat_id" in scope:
        request.world.find_chat(request.bot, str(scope["chat_id"]))
    return json.dumps(scope, sort_keys=True), rules.language(request.params)


def set_commands(request: Request) -> bool:
    commands = rules.bot_commands(request.params.json("commands", "commands_json"))
    request.bot.commands[scope_key(request)] = commands
    return True


def get_commands(request: Request) -> list[Json]:
    return request.bot.commands.get(scope_key(request), [])


def delete_commands(request: Request) -> bool:
    request.bot.commands.pop(scope_key(request), None)
    return True


def set_text(field: str) -> Handler:
    def handler(request: Request) -> bool:
        limit, error = LIMITS[field]
        text = request.params.text(field).strip()
        if len(text) > limit:
            raise ApiError(error)
        language = rules.language(request.params)
        if field == "name" and not language and text:
            request.bot.name = text
        request.bot.texts[field, language] = text
        return True

    return handler


def get_text(field: str) -> Handler:
    """The text for a language, or the default one where the language has none."""

    def handler(request: Request) -> Json:
        texts, language = request.bot.texts, rules.language(request.params)
        default = request.bot.name if field == "name" else ""
        return {field: texts.get((field, language)) or texts.get((field, "")) or default}

    return handler


def _menu_chat(request: Request) -> int:
    if not request.params.has("chat_id"):
        return 0
    chat = request.known_chat()
    if not chat.is_private:
        raise ApiError("chat_not_found")
    return chat.id


def set_menu_button(request: Request) -> bool:
    button = request.params.json("menu_button", "menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in MENU_BUTTONS:
        raise ApiError("menu_button")
    request.bot.menu_buttons[_menu_chat(request)] = button
    return True


def get_menu_button(request: Request) -> Json:
    buttons = request.bot.menu_buttons
    return buttons.get(_menu_chat(request)) or buttons.get(0) or {"type": "commands"}


METHODS: dict[str, Handler] = {
    "getMe": get_me,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyName": set_text("name"),
    "getMyName": get_text("name"),
    "setMyDescription": set_text("description"),
    "getMyDescription": get_text("description"),
    "setMyShortDescription": set_text("short_description"),
    "getMyShortDescription": get_text("short_description"),
    "setChatMenuButton": set_menu_button,
    "getChatMenuButton": get_menu_button,
}
