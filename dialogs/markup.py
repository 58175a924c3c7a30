"""Markdown, as far as a sheet uses it: plain words in, plain words out.

Rule: whatever a messenger would not show is named by `STRANGERS` and refused by the reader.
"""

import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TARGET: Final = re.compile(r"(?:(?P<sheet>[a-z0-9-]+)\.md)?#(?P<scene>[a-z0-9-]+)")
TAIL: Final = re.compile(r"(?P<words>.*\S)\s+\^(?P<id>\S*)", re.DOTALL)
STRAY: Final = re.compile(r"\s\^[a-z0-9-]+(?=\s|$)")  # an id with words after it: an empty line is missing
ALL_IDS: Final = re.compile(r"\s\^([a-z0-9-]+)[ \t]*$", re.MULTILINE)
_FEW = re.compile(r"[\\`*_\[\]<>&]")
_ALL = re.compile(r"[\\`*_\[\]<>#+\-.!|&~=()\"':]")
_WORD = "wxyz"  # a word Markdown has no opinion about
_BACKSLASH = r"\\\g<0>"
_BLANKS = re.compile(r"[ \t]+")  # a no-break space is a word's own business
MARKDOWN: Final = MarkdownIt("commonmark").enable("table").disable("reference")

STRANGERS: Final = {
    "em": "Italic text",
    "strong": "Bold text",
    "code_inline": "Code",
    "link": "A link inside the text",
    "image": "An image",
    "html_inline": "HTML",
    "html_block": "HTML",
    "fence": "Code",
    "code_block": "Code (a line that begins with four spaces)",
    "hr": "A ruled line",
    "ordered_list": "A numbered list",
    "table": "A table",
    "heading": "A heading of this kind",
}


def plain(inline: SyntaxTreeNode, after: int = 0) -> tuple[list[str], str]:
    """The lines of a paragraph, and the kind of the first thing in it that is not plain text."""
    lines, stranger = [""], ""
    for child in inline.children[after:]:
        if child.type in {"softbreak", "hardbreak"}:
            lines.append("")
        elif child.type == "text":
            lines[-1] += child.content
        else:
            stranger = stranger or child.type
    return [_BLANKS.sub(" ", line).strip(" ") for line in lines], stranger


def line_of(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 1


# Where words may stand. The signs of one place can pair up with those of another, so they are written together.
PARAGRAPH: Final = "{}\nx"
COUNTED: Final = "one: {}\nmany: {}\nx"
BULLET: Final = "- {}\n  x"
TITLE: Final = "# {}"
BUTTON: Final = "- [{}](#x) also: {}\n  x"


def _fill(frame: str, parts: Sequence[str]) -> str:
    return "".join(piece + part for piece, part in zip(frame.split("{}"), (*parts, ""), strict=True))


def _seen(node: SyntaxTreeNode) -> str:
    """What Markdown sees in a text, written out with every bracket."""
    if node.type == "text":
        return _BLANKS.sub(" ", node.content)
    return f"<{node.type} {''.join(map(_seen, node.children))}>"


def escaped(frame: str, *parts: str) -> tuple[str, ...]:
    """Words as they must be written so that Markdown reads them back as they are.

    Most sentences need nothing. The others get a backslash before the signs Markdown might take for its own.
    """
    plain_frame = _seen(SyntaxTreeNode(MARKDOWN.parse(_fill(frame, [_WORD] * len(parts)))))
    meant = _fill(plain_frame.replace(_WORD, "{}"), parts)
    for signs in (None, _FEW):
        written = tuple(signs.sub(_BACKSLASH, part) if signs else part for part in parts)
        if _seen(SyntaxTreeNode(MARKDOWN.parse(_fill(frame, written)))) == meant:
            return written
    return tuple(_ALL.sub(_BACKSLASH, part) for part in parts)
