"""Markdown, as far as a sheet uses it: plain words in, plain words out.

Rule: whatever a messenger would not show is named by `STRANGERS` and refused by the reader.
"""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TARGET: Final = re.compile(r"(?:(?P<sheet>[a-z0-9-]+)\.md)?#(?P<scene>[a-z0-9-]+)")
TAIL: Final = re.compile(r"(?P<words>.*\S)\s+\^(?P<id>\S*)", re.DOTALL)
STRAY: Final = re.compile(r"\s\^[a-z0-9-]+(?=\s|$)")  # an id with words after it: an empty line is missing
ALL_IDS: Final = re.compile(r"\s\^([a-z0-9-]+)[ \t]*$", re.MULTILINE)
_SIGNS = re.compile(r"[\\`*_\[\]<>#+\-.!|&~=()\"':]")
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


def _words(tree: SyntaxTreeNode) -> str | None:
    """The text of a lone paragraph, or None when Markdown sees anything else."""
    if [block.type for block in tree.children] != ["paragraph"]:
        return None
    lines, stranger = plain(tree.children[0].children[0])
    return None if stranger or len(lines) != 1 else lines[0]


def escaped(words: str) -> str:
    """Words as they must be written so that Markdown reads them back as they are.

    Most sentences need nothing. The others get a backslash before every sign Markdown might take for its own.
    """
    if _words(SyntaxTreeNode(MARKDOWN.parse(words))) == words:
        return words
    return _SIGNS.sub(r"\\\g<0>", words)


def escaped_label(words: str) -> str:
    """The same for the words between the brackets of a button."""
    tree = SyntaxTreeNode(MARKDOWN.parse(f"[{words}](#x)"))
    if [block.type for block in tree.children] == ["paragraph"]:
        inline = tree.children[0].children[0]
        links = [child.type for child in inline.children] == ["link"]
        if links and plain(inline.children[0]) == ([words], ""):
            return words
    return _SIGNS.sub(r"\\\g<0>", words)
