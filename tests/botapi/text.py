"""What Telegram does with a text before it is stored: cleaning, and finding commands and links.

Source: td MessageEntity.cpp (fix_formatted_text, find_entities), td misc.cpp clean_input_string.
Found automatically here: bot commands, mentions, hashtags, e-mail addresses, URLs (simplified patterns).
"""

from __future__ import annotations

import re
from typing import Any

Entity = dict[str, Any]

COMMAND = re.compile(r"(?<![\w/<>@])/([a-zA-Z0-9_]{1,64})(@[a-zA-Z0-9_]{3,32})?(?![\w/])", re.ASCII)
MENTION = re.compile(r"(?<![\w@])@[a-zA-Z0-9_]{3,32}\b")
HASHTAG = re.compile(r"(?<![\w#])#\w{1,256}")
EMAIL = re.compile(r"(?<![\w.@+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"(?<![\w@/.])(?:https?://\S+|(?:[\w-]+\.)+(?:com|org|net|info|example|test)\b(?:/\S*)?)")
DROPPED = {"\r", "\u0333", "\u033f", "\u030a", *(chr(code) for code in range(0x2028, 0x202F))}
MARKS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
INVISIBLE = " \n\u200b\u200c\u200d\u200e\u200f\u202e\ufeff\u00a0"
MAX_RAW_BYTES = 1 << 15


def utf16_len(text: str) -> int:
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def utf16_slice(text: str, offset: int, length: int) -> str:
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def clean(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Trims the ends, blanks controls, drops U+2028-202E (bidi overrides too) and three combining marks.

    A run of direction marks keeps only its last one; the others become U+200C. Nothing visible: empty.
    """
    kept: list[str] = []
    shift: list[int] = []
    units = 0
    for char in text:
        width = 2 if ord(char) > 0xFFFF else 1
        shift.extend([units] * width)
        if char in DROPPED:
            continue
        kept.append(" " if ord(char) < 0x20 and char != "\n" else char)
        units += width
    shift.append(units)
    cleaned = MARKS.sub(lambda run: "\u200c" * len(run.group()), "".join(kept))
    if not cleaned.strip(INVISIBLE):
        return "", []
    lead = len(cleaned) - len(cleaned.lstrip(" \n"))
    stripped = cleaned.strip(" \n")
    end = utf16_len(stripped)
    moved: list[Entity] = []
    for entity in entities:
        begin = min(end, max(0, shift[entity["offset"]] - lead))
        stop = min(end, max(0, shift[entity["offset"] + entity["length"]] - lead))
        if stop > begin:
            moved.append({**entity, "offset": begin, "length": stop - begin})
    return stripped, moved


def find(text: str, taken: list[Entity]) -> list[Entity]:
    """Entities the service adds by itself, outside code blocks and explicit links."""
    closed = {"pre", "code", "text_link", "text_mention"}
    blocked = [(e["offset"], e["offset"] + e["length"]) for e in taken if e["type"] in closed]
    found: list[Entity] = []
    patterns = (
        ("email", EMAIL),
        ("url", URL),
        ("bot_command", COMMAND),
        ("mention", MENTION),
        ("hashtag", HASHTAG),
    )
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            begin = utf16_len(text[: match.start()])
            end = begin + utf16_len(match.group())
            if all(end <= low or begin >= high for low, high in blocked):
                blocked.append((begin, end))
                found.append({"type": kind, "offset": begin, "length": end - begin})
    return found


def finish(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cleaned text with explicit and found entities in reading order."""
    text, entities = clean(text, entities)
    everything = [*entities, *find(text, entities)]
    return text, sorted(everything, key=lambda entity: (entity["offset"], -entity["length"]))
