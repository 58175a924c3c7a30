"""A raw Telegram update, before anybody decodes it: whose it is, its number, and the bytes that are stored.

No library is asked here, so an update that no library can read is stored like any other (security F2).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from storage.inbox import Letter

LARGEST = 1 << 62  # a number that fits into every database; Telegram's own have 52 bits


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside an update, outermost first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _private_chat(update: Mapping[str, Any]) -> int | None:
    for found in _objects(update):
        chat = found.get("chat")
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return chat["id"] if chat.get("type") == "private" else None
    for found in _objects(update):
        person = found.get("from")
        if isinstance(person, dict) and isinstance(person.get("id"), int):
            return int(person["id"])
    return None


def letter(update: Mapping[str, Any], now: datetime) -> Letter | None:
    """What is stored of one raw update; None when no private chat can be found in it."""
    chat = _private_chat(update)
    number = update.get("update_id")
    if chat is None or type(number) is not int or not 0 <= number < LARGEST:  # True is no number
        return None
    message = update.get("message")
    ref = message.get("message_id") if isinstance(message, dict) else None
    return Letter(
        channel="telegram",
        outer_id=str(number),
        seq=number,
        person=str(chat),
        address=str(chat),
        body=json.dumps(update, ensure_ascii=True, separators=(",", ":")).encode(),
        message_ref=str(ref) if isinstance(ref, int) else None,
        at=now,
    )


def language_hint(update: Mapping[str, Any]) -> str:
    """The app's language, a first guess only: it is offered first and never chosen for anybody."""
    for found in _objects(update):
        code = found.get("language_code")
        if isinstance(code, str) and code.isascii() and code.replace("-", "").isalnum():
            return code[:16]
    return ""
