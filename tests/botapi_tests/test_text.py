"""Texts: what is cut, what is counted, what is found, for any input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.botapi import markup, text
from tests.botapi.errors import ApiError
from tests.botapi.text import utf16_len, utf16_slice


def entities(source: str, mode: str) -> list[tuple[str, str]]:
    plain, found = markup.parse(source, mode)
    return [(str(entity["type"]), utf16_slice(plain, entity["offset"], entity["length"])) for entity in found]


@pytest.mark.parametrize(
    ("source", "mode", "plain", "expected"),
    [
        ("<b>a <i>b</i></b>", "HTML", "a b", [("bold", "a b"), ("italic", "b")]),
        ("😀 <u>x</u> &amp; &lt;", "HTML", "😀 x & <", [("underline", "x")]),
        ('<a href="https://example.org">ل</a>', "html", "ل", [("text_link", "ل")]),
        ("<blockquote expandable>q</blockquote>", "HTML", "q", [("expandable_blockquote", "q")]),
        ('<span class="tg-spoiler">s</span>', "HTML", "s", [("spoiler", "s")]),
        ("*b* _i_ __u__ ~s~ ||x||", "MarkdownV2", "b i u s x",
         [("bold", "b"), ("italic", "i"), ("underline", "u"), ("strikethrough", "s"), ("spoiler", "x")]),
        ("`c` [l](https://example.org) \\.", "MarkdownV2", "c l .", [("code", "c"), ("text_link", "l")]),
        ("```py\nx=1```", "MarkdownV2", "x=1", [("pre", "x=1")]),
        (">q\n>r\nend", "MarkdownV2", "q\nr\nend", [("blockquote", "q\nr\n")]),
        ("*b* _i_ `c` [l](u)", "Markdown", "b i c l",
         [("bold", "b"), ("italic", "i"), ("code", "c"), ("text_link", "l")]),
    ],
)  # fmt: skip
def test_marks_become_entities(source: str, mode: str, plain: str, expected: list[tuple[str, str]]) -> None:
    assert markup.parse(source, mode)[0] == plain
    assert entities(source, mode) == expected


def test_commands_links_and_addresses_are_found_without_being_marked() -> None:
    words = "/start@my_bot #tag a@b.example see https://example.org/x now"
    found = {(e["type"], utf16_slice(words, e["offset"], e["length"])) for e in text.find(words, [])}
    assert found == {
        ("bot_command", "/start@my_bot"),
        ("hashtag", "#tag"),
        ("email", "a@b.example"),
        ("url", "https://example.org/x"),
    }


def test_nothing_is_found_inside_code() -> None:
    code = [{"type": "code", "offset": 0, "length": 6}]
    assert text.find("/start", code) == []


def test_direction_marks_in_a_row_keep_the_last_only() -> None:
    assert text.clean("a\u200f\u200e\u200fb", [])[0] == "a\u200c\u200c\u200fb"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["HTML", "MarkdownV2", "Markdown"]))
def test_no_text_breaks_a_parser(source: str, mode: str) -> None:
    try:
        plain, found = markup.parse(source, mode)
    except ApiError as refusal:
        assert refusal.description.startswith("Bad Request: can't parse entities: ")
        return
    for entity in found:
        assert entity["offset"] + entity["length"] <= utf16_len(plain)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.data())
def test_cleaning_keeps_every_entity_inside_the_text(words: str, data: st.DataObject) -> None:
    size = utf16_len(words)
    begin = data.draw(st.integers(0, size))
    entity = {"type": "bold", "offset": begin, "length": data.draw(st.integers(0, size - begin))}
    cleaned, kept = text.finish(words, [entity])
    assert cleaned == cleaned.strip(" \n") and text.clean(cleaned, [])[0] == cleaned
    for one in kept:
        assert one["offset"] >= 0 and one["offset"] + one["length"] <= utf16_len(cleaned)
