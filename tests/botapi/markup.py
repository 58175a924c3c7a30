"""The three parse modes. Errors carry byte offsets, as in the real service.

Source: td MessageEntity.cpp parse_html, parse_markdown_v2, parse_markdown.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from .errors import ApiError
from .text import Entity, utf16_len

HTML_TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
ATTRIBUTE = re.compile(r"""\s*([a-zA-Z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")
CHARACTER = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|lt|gt|amp|quot);")
V2_RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
V2_NAMES = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline", "strikethrough": "Strikethrough",
    "spoiler": "Spoiler", "code": "Code", "pre": "Pre", "text_link": "TextUrl",
}  # fmt: skip


def _byte(text: str, position: int) -> int:
    return len(text[:position].encode())


@dataclass(slots=True)
class _Open:
    tag: str
    kind: str
    begin: int
    at: int
    extra: dict[str, str]
    mark: str = ""


class _Parser:
    """What the three parsers share: the plain text so far, open entities, finished ones."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.done: list[Entity] = []

    def put(self, piece: str) -> None:
        self.out.append(piece)
        self.length += utf16_len(piece)

    def close(self, item: _Open) -> None:
        if self.length > item.begin:
            entity: Entity = {
                "type": item.kind,
                "offset": item.begin,
                "length": self.length - item.begin,
                **item.extra,
            }
            self.done.append(entity)

    def result(self) -> tuple[str, list[Entity]]:
        return "".join(self.out), sorted(self.done, key=lambda entity: (entity["offset"], -entity["length"]))


class _Html(_Parser):
    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == "<":
                self._tag()
            elif char == "&" and (match := CHARACTER.match(self.source, self.at)):
                self.put(html.unescape(match.group()))
                self.at = match.end()
            else:
                self.put(char)
                self.at += 1
        if self.open:
            raise ApiError("html_no_end", tag=self.open[-1].tag)
        return self.result()

    def _tag(self) -> None:
        begin = self.at
        offset = _byte(self.source, begin)
        end = self.source.find(">", begin)
        if self.source.startswith("</", begin):
            self._end_tag(end, offset)
            return
        if end < 0:
            raise ApiError("html_unclosed", offset=offset)
        name = re.split(r"[\s/>]", self.source[begin + 1 : end], maxsplit=1)[0].lower()
        if name not in HTML_TAGS:
            raise ApiError("html_unsupported", tag=name, offset=offset)
        attributes = self._attributes(name, begin + 1 + len(name), end, offset)
        self.open.append(
            _Open(name, HTML_TAGS[name], self.length, begin, self._extra(name, attributes, offset))
        )
        self.at = end + 1

    def _attributes(self, tag: str, begin: int, end: int, offset: int) -> dict[str, str]:
        found: dict[str, str] = {}
        inside = self.source[begin:end].rstrip()
        at = 0
        while at < len(inside):
            match = ATTRIBUTE.match(inside, at)
            if match is None:
                raise ApiError("html_attribute", tag=tag, offset=offset)
            found[match.group(1).lower()] = html.unescape((match.group(2) or "").strip("\"'"))
            at = match.end()
        return found

    def _extra(self, tag: str, attributes: dict[str, str], offset: int) -> dict[str, str]:
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise ApiError("html_span", offset=offset)
        if tag == "a":
            return {"url": attributes.get("href", "")}
        if tag == "blockquote" and "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        if tag == "tg-emoji":
            return {"custom_emoji_id": attributes.get("emoji-id", "")}
        if tag == "code" and attributes.get("class", "").startswith("language-"):
            return {"language": attributes["class"].removeprefix("language-")}
        return {}

    def _end_tag(self, end: int, offset: int) -> None:
        if not self.open:
            raise ApiError("html_unexpected_end", offset=offset)
        if end < 0:
            raise ApiError("html_unclosed_end", offset=offset)
        name = self.source[self.at + 2 : end].strip().lower()
        item = self.open.pop()
        if name and name != item.tag:
            raise ApiError("html_unmatched", offset=offset, expected=item.tag, found=name)
        if item.tag == "a" and not item.extra.get("url"):
            item.extra["url"] = (
                "".join(self.out)[-(self.length - item.begin) :] if self.length > item.begin else ""
            )
        self.close(item)
        self.at = end + 1


class _MarkdownV2(_Parser):
    MARKS = (("||", "spoiler"), ("__", "underline"), ("_", "italic"), ("*", "bold"), ("~", "strikethrough"))

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if not (self._escape() or self._code() or self._link() or self._quote() or self._mark()):
                char = self.source[self.at]
                if char in V2_RESERVED:
                    raise ApiError("md_reserved", char=char)
                self.put(char)
                self.at += 1
                if char == "\n":
                    self._quote_end()
        self._quote_end(force=True)
        if self.open:
            item = self.open[-1]
            raise ApiError("md_no_end", kind=V2_NAMES[item.kind], offset=_byte(self.source, item.at))
        return self.result()

    def _escape(self) -> bool:
        if (
            self.source[self.at] == "\\"
            and self.at + 1 < len(self.source)
            and ord(self.source[self.at + 1]) < 127
        ):
            self.put(self.source[self.at + 1])
            self.at += 2
            return True
        return False

    def _code(self) -> bool:
        mark = "```" if self.source.startswith("```", self.at) else "`"
        if not self.source.startswith(mark, self.at):
            return False
        kind = "pre" if mark == "```" else "code"
        begin = self.at
        item = _Open("", kind, self.length, begin, {})
        self.at += len(mark)
        if kind == "pre" and (language := re.compile(r"([^\s`]+)\n").match(self.source, self.at)):
            item.extra["language"] = language.group(1)
            self.at = language.end()
        while not self.source.startswith(mark, self.at):
            if self.at >= len(self.source):
                raise ApiError("md_no_end", kind=V2_NAMES[kind], offset=_byte(self.source, begin))
            if not self._escape():
                self.put(self.source[self.at])
                self.at += 1
        self.at += len(mark)
        self.close(item)
        return True

    def _link(self) -> bool:
        if self.source[self.at] == "[":
            self.open.append(_Open("", "text_link", self.length, self.at, {}, "["))
            self.at += 1
            return True
        if self.source[self.at] != "]" or not self.open or self.open[-1].mark != "[":
            return False
        item = self.open.pop()
        self.at += 1
        if not self.source.startswith("(", self.at):
            return True
        begin = self.at
        self.at += 1
        url: list[str] = []
        while not self.source.startswith(")", self.at):
            if self.at >= len(self.source):
                raise ApiError("md_no_url_end", offset=_byte(self.source, begin))
            if self.source[self.at] == "\\" and self.at + 1 < len(self.source):
                self.at += 1
            url.append(self.source[self.at])
            self.at += 1
        self.at += 1
        item.extra["url"] = "".join(url)
        self.close(item)
        return True

    def _quote(self) -> bool:
        at_line_start = self.at == 0 or self.source[self.at - 1] == "\n"
        if not at_line_start or self.source[self.at] != ">":
            return False
        if not any(item.kind == "blockquote" for item in self.open):
            self.open.append(_Open("", "blockquote", self.length, self.at, {}, ">"))
        self.at += 1
        return True

    def _quote_end(self, force: bool = False) -> None:
        if self.open and self.open[-1].mark == ">" and (force or not self.source.startswith(">", self.at)):
            self.close(self.open.pop())

    def _mark(self) -> bool:
        for mark, kind in self.MARKS:
            if not self.source.startswith(mark, self.at):
                continue
            if self.open and self.open[-1].mark == mark:
                self.close(self.open.pop())
            elif any(item.mark == mark for item in self.open):
                item = self.open[-1]
                raise ApiError("md_no_end", kind=V2_NAMES[item.kind], offset=_byte(self.source, item.at))
            else:
                self.open.append(_Open("", kind, self.length, self.at, {}, mark))
            self.at += len(mark)
            return True
        return False


class _Markdown(_Parser):
    KINDS = (("```", "pre"), ("`", "code"), ("*", "bold"), ("_", "italic"))

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == "\\" and self.source[self.at + 1 : self.at + 2] in {"_", "*", "`", "["}:
                self.put(self.source[self.at + 1])
                self.at += 2
            elif char == "[":
                self._link()
            elif mark := next(
                (mark for mark, _ in self.KINDS if self.source.startswith(mark, self.at)), None
            ):
                self._span(mark, dict(self.KINDS)[mark])
            else:
                self.put(char)
                self.at += 1
        return self.result()

    def _span(self, mark: str, kind: str) -> None:
        end = self.source.find(mark, self.at + len(mark))
        if end < 0:
            raise ApiError("md_legacy_no_end", offset=_byte(self.source, self.at))
        item = _Open("", kind, self.length, self.at, {})
        self.put(self.source[self.at + len(mark) : end])
        self.close(item)
        self.at = end + len(mark)

    def _link(self) -> None:
        end = self.source.find("]", self.at)
        if end < 0:
            raise ApiError("md_legacy_no_end", offset=_byte(self.source, self.at))
        item = _Open("", "text_link", self.length, self.at, {})
        self.put(self.source[self.at + 1 : end])
        self.at = end + 1
        if self.source.startswith("(", self.at) and (stop := self.source.find(")", self.at)) > 0:
            item.extra["url"] = self.source[self.at + 1 : stop]
            self.close(item)
            self.at = stop + 1


def parse(text: str, mode: str) -> tuple[str, list[Entity]]:
    """Text without marks, and its entities; `mode` is compared without case."""
    parsers = {"html": _Html, "markdownv2": _MarkdownV2, "markdown": _Markdown}
    parser = parsers.get(mode.lower())
    if parser is None:
        if mode.lower() in {"", "none"}:
            return text, []
        raise ApiError("parse_mode")
    built: _Html | _MarkdownV2 | _Markdown = parser(text)  # type: ignore[assignment]
    return built.parse()
