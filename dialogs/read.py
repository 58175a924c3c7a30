"""A sheet of text becomes a Sheet, and everything we could not read becomes a problem with its line.

Rule 1: heading = place, paragraph = we say, list = they tap, quote = stage direction. No fifth shape.
Rule 2: nothing is skipped in silence; what a messenger cannot show is refused.
Rule 3: tokens come from markdown-it-py; only the table of sentences in `directions.py` is ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.tree import SyntaxTreeNode

from dialogs.directions import ABOUT, CLAUSES, DIRECTIONS, PLAY, STEPS, TOP, clause, direction, nearest
from dialogs.draft import Draft
from dialogs.markup import ALL_IDS, ID, MARKDOWN, STRANGERS, STRAY, TAIL, TARGET, line_of, plain
from dialogs.problems import in_order, near, problem
from dialogs.script import (
    NUMBERS,
    RESERVED,
    Button,
    Choose,
    Listen,
    Message,
    Problem,
    Say,
    Scene,
    Sheet,
)


@dataclass
class Reading:
    """What came out of one text: the sheet, its problems, and where an id is missing."""

    sheet: Sheet
    problems: list[Problem]
    missing: list[tuple[int, str]]  # line, the id a stamp would give


class _Reader:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.problems: list[Problem] = []
        self.missing: list[tuple[int, str]] = []
        self.taken = set(ALL_IDS.findall(self.text))
        self.messages: dict[str, Message] = {}
        self.scenes: list[Scene] = []
        self.lines: dict[str, int] = {}  # scene -> line
        self.title = ""
        self.titled = False
        self.start = ""
        self.pieces = False
        self.preface: list[str] = []
        self.draft: Draft | None = None
        self.held: tuple[list[str], int, int] | None = None  # a paragraph whose id may stand in its bullets
        self.open = False  # a list right here adds its buttons to the question before it

    def read(self) -> Reading:
        for node in SyntaxTreeNode(MARKDOWN.parse(self.text)).children:
            self._block(node)
        self._close_scene()
        if not self.titled:
            self._wrong("D33", 1, what="The sheet has no title.")
        sheet = Sheet(
            self.name,
            self.title,
            tuple(self.scenes),
            self.messages,
            self.start,
            self.pieces,
            tuple(self.preface),
        )
        return Reading(sheet, in_order(self.problems), self.missing)

    def _wrong(self, code: str, at: int, **words: object) -> None:
        self.problems.append(problem(code, self.name, at, **words))

    # Blocks

    def _block(self, node: SyntaxTreeNode) -> None:
        if node.type == "bullet_list":
            self._list(node)
            return
        self._drop_held()
        if node.type == "heading":
            self._heading(node)
        elif node.type == "paragraph":
            self.open = False
            self._paragraph(node)
        elif node.type == "blockquote":
            self._quote(node)
        else:
            self._wrong("D09", line_of(node), what=STRANGERS.get(node.type, node.type))

    def _heading(self, node: SyntaxTreeNode) -> None:
        self.open = False
        at = line_of(node)
        lines, stranger = plain(node.children[0])
        words = " ".join(lines)
        if stranger or node.markup not in {"#", "##"}:
            self._wrong("D09", at, what=STRANGERS[stranger or "heading"])
        elif node.markup == "#":
            if self.titled or self.draft or not words:
                self._wrong("D33", at, what="The title stands once, at the top, and has words.")
            self.title, self.titled = self.title or words, True
        else:
            self._close_scene()
            if not ID.fullmatch(words) or words in RESERVED:
                self._wrong("D33", at, what=f"“{words}” is no name for a scene.")
            elif words in self.lines:
                self._wrong("D03", at, scene=words, first=self.lines[words])
            self.lines.setdefault(words, at)
            self.draft = Draft(words, at)

    def _close_scene(self) -> None:
        self._drop_held()
        self.open = False
        draft, self.draft = self.draft, None
        if draft is None:
            return
        scene = draft.scene(self._full(draft.name))
        self.scenes.append(scene)
        for full in draft.ids:
            message = self.messages[full]
            self.messages[full] = replace(
                message, notes=scene.notes + message.notes, fresh=scene.fresh, discreet=scene.discreet
            )

    # What we say

    def _paragraph(self, node: SyntaxTreeNode) -> None:
        at, last = node.map or (0, 1)
        lines, stranger = plain(node.children[0])
        if stranger:
            self._wrong("D09", at + 1, what=STRANGERS[stranger])
        elif self.draft is None:
            self._wrong("D08", at + 1)
        elif TAIL.fullmatch(lines[-1]):
            self._say(self.draft, lines, at + 1, last)
        else:
            self.held = (lines, at + 1, last)

    def _drop_held(self) -> None:
        """The paragraph above was not followed by its bullets: then it has no id."""
        if self.held and self.draft:
            (lines, at, last), self.held = self.held, None
            self._say(self.draft, lines, at, last)

    def _say(self, draft: Draft, lines: list[str], at: int, last: int, bullets: Sequence[str] = ()) -> None:
        one = ""
        if any(line.startswith(("one:", "many:")) for line in lines):
            if bullets or [line.partition(":")[0] for line in lines] != ["one", "many"]:
                self._wrong("D35", at, names=" or ".join(sorted(NUMBERS)))
                return
            one = lines[0].removeprefix("one:").strip()
            lines = [lines[1].removeprefix("many:").strip()]
        text = "\n".join([" ".join(lines), *(f"- {bullet}" for bullet in bullets)])
        text, name = self._identify(draft, text, "paragraph", last)
        if stray := STRAY.search(f"{one}\n{text}"):
            self._wrong("D09", at, what=f"`{stray.group().strip()}` in the middle of the text")
        notes, draft.waiting_notes = tuple(draft.waiting_notes), []
        full = self._keep(draft, Message(self._full(name), text, one=one, notes=notes, line=at))
        draft.steps.append(Say(full, at))

    def _identify(self, draft: Draft, text: str, what: str, last: int) -> tuple[str, str]:
        """Split `words ^id`. Without an id there is a problem, and the id a stamp would give."""
        tail = TAIL.fullmatch(text)
        if tail and ID.fullmatch(tail["id"]):
            return tail["words"], tail["id"]
        name = self._new_id(draft, text)
        self._wrong("D01", last, what=what)
        if tail:
            return tail["words"], name
        self.missing.append((last, name))
        return text, name

    def _new_id(self, draft: Draft, text: str) -> str:
        words = re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))[:4]
        stem = "-".join([draft.name, *words])[:48].strip("-")
        name, count = stem, 1
        while name in self.taken:
            count += 1
            name = f"{stem}-{count}"
        self.taken.add(name)
        return name

    def _keep(self, draft: Draft, message: Message) -> str:
        if message.id in self.messages:
            first = self.messages[message.id].line
            self._wrong("D02", message.line, id=message.id.partition(".")[2], first=first)
        else:
            self.messages[message.id] = message
            draft.ids.append(message.id)
        return message.id

    def _full(self, name: str) -> str:
        return f"{self.name}.{name}"

    # What they tap

    def _list(self, node: SyntaxTreeNode) -> None:
        items = [item.children for item in node.children]
        if any([block.type for block in blocks] != ["paragraph"] for blocks in items):
            self._wrong(
                "D09", line_of(node), what="A list inside a list, or a list line of several paragraphs,"
            )
            self.held = None
            return
        inlines = [blocks[0].children[0] for blocks in items]
        first = next((n for n, inline in enumerate(inlines) if _is_button(inline)), len(inlines))
        if self.draft is None:
            self._wrong("D08", line_of(node))
            return
        if first and self.held:  # Markdown joins bullets and the buttons below them to one list
            self._bullets(self.draft, self.held, inlines[:first])
            inlines, self.held = inlines[first:], None
        self._drop_held()
        if inlines:
            self._buttons(self.draft, inlines)
        self.open = False

    def _bullets(self, draft: Draft, held: tuple[list[str], int, int], inlines: list[SyntaxTreeNode]) -> None:
        bullets = []
        for inline in inlines:
            words, stranger = plain(inline)
            if stranger:
                self._wrong("D09", line_of(inline), what=STRANGERS[stranger])
                return
            bullets.append(" ".join(words))
        last = inlines[-1].map
        self._say(draft, held[0], held[1], last[1] if last else held[2], bullets)

    def _buttons(self, draft: Draft, inlines: list[SyntaxTreeNode]) -> None:
        buttons = []
        for inline in inlines:
            if not _is_button(inline):
                self._wrong("D05", line_of(inline))
            elif button := self._button(draft, inline):
                buttons.append(button)
        if self.open and isinstance(draft.steps[-1], Choose | Listen):
            draft.steps[-1] = replace(draft.steps[-1], buttons=tuple(buttons))
        else:
            draft.steps.append(Choose(tuple(buttons), line=line_of(inlines[0])))

    def _button(self, draft: Draft, inline: SyntaxTreeNode) -> Button | None:
        at, last = inline.map or (0, 1)
        at += 1
        (label, strange), (rest, stranger) = plain(inline.children[0]), plain(inline, after=1)
        if not any(label):
            self._wrong("D05", at)
            return None
        if strange or stranger or "title" in inline.children[0].attrs:
            self._wrong("D09", at, what=STRANGERS[strange or stranger or "link"])
            return None
        after, name = self._identify(draft, " ".join([" ".join(label), *rest]).strip(), "button", last)
        after = after.removeprefix(" ".join(label)).strip()
        full = self._keep(draft, Message(self._full(name), " ".join(label), kind="button", line=at))
        button = Button(full, self._target(str(inline.children[0].attrs["href"]), at, reserved=True), line=at)
        for words in filter(None, (part.strip() for part in after.split(";"))):
            button = self._clause(draft, button, words)
        return button

    def _clause(self, draft: Draft, button: Button, words: str) -> Button:
        key, slots = clause(words) or ("", {})
        if key == "set":
            return replace(button, sets=(*button.sets, (slots["NAME"], slots["VALUE"])))
        if key == "agree":
            return replace(button, agrees=(*button.agrees, slots["NAME"]))
        if key == "also" and not button.also:
            others = ", ".join(filter(None, (word.strip() for word in slots["WORDS"].split(","))))
            also = Message(f"{button.id}.also", others, kind="also", line=button.line)
            return replace(button, also=self._keep(draft, also))
        hint = near(words, CLAUSES.values())
        self._wrong("D06", button.line, words=words, near=hint)
        return button

    def _target(self, href: str, at: int, reserved: bool = False) -> str:
        """The full id a link means; "" and a problem when it is no link of ours."""
        found = TARGET.fullmatch(href)
        scene = found["scene"] if found else ""
        if found and (found["sheet"] or scene not in RESERVED):
            return f"{found['sheet'] or self.name}.{scene}"
        if not (scene and reserved):
            self._wrong("D10", at, target=href)
        return scene if reserved else ""

    # Stage directions

    def _quote(self, node: SyntaxTreeNode) -> None:
        for block in node.children:
            if block.type != "paragraph":
                self.open = False
                self._wrong(
                    "D04", line_of(block), where="", words=STRANGERS.get(block.type, "a list or a quote")
                )
                continue
            first = line_of(block)
            for offset, words in enumerate(block.children[0].content.split("\n")):
                self._direction(" ".join(words.split()), first + offset)

    def _direction(self, words: str, at: int) -> None:
        self.open = False
        place = ABOUT + PLAY if self.draft else TOP
        key, slots = direction(words) or ("", {})
        where = DIRECTIONS[key][0] if key else ""
        if self.draft and ABOUT in where:
            self._about(self.draft, key, slots, at)
        elif self.draft and where == PLAY:
            self._play(self.draft, key, slots, at)
        elif not self.draft and TOP in where:
            self._top(key, slots, at)
        elif key:
            self._wrong("D04", at, where=" in this place", words=words)
        else:
            sentence = nearest(words, place)
            self._wrong(
                "D04", at, where="", words=words, near=f"Did you mean `{sentence}`? " if sentence else ""
            )

    def _top(self, key: str, slots: dict[str, str], at: int) -> None:
        if key == "note":
            self.preface.append(slots["WORDS"])
        elif key == "pieces":
            self.pieces = True
        elif self.start:
            self._wrong("D34", at, what="This sheet starts twice.")
        else:
            self.start = self._target(slots["LINK"], at)

    def _about(self, draft: Draft, key: str, slots: dict[str, str], at: int) -> None:
        if key == "note":
            (draft.waiting_notes if draft.steps else draft.notes).append(slots["WORDS"])
        elif key == "summary":
            words, name = self._identify(draft, slots["WORDS"], "line of the summary", at)
            if draft.summary:
                self._wrong("D04", at, where=" a second time", words=words)
            draft.summary = self._keep(draft, Message(self._full(name), words, kind="summary", line=at))
        elif key in {"missed", "skipped"}:
            if key in draft.links:
                self._wrong("D04", at, where=" a second time", words=DIRECTIONS[key][1])
            draft.links[key] = self._target(slots["LINK"], at, reserved=key == "skipped")
        else:
            draft.flags.add(key)

    def _play(self, draft: Draft, key: str, slots: dict[str, str], at: int) -> None:
        self.open = key in {"offer", "wait", "wait-most"}
        if "LINK" in slots:
            slots["LINK"] = self._target(slots["LINK"], at, reserved=self.open)
        draft.steps.append(STEPS[key](slots, at))


def _is_button(inline: SyntaxTreeNode) -> bool:
    return bool(inline.children) and inline.children[0].type == "link"


def reading(name: str, text: str) -> Reading:
    """Read one sheet and tell also where ids are missing; `name` is the file's name without `.md`."""
    return _Reader(name, text).read()


def read(name: str, text: str) -> tuple[Sheet, list[Problem]]:
    """Read one sheet; it is only to be trusted, or written back, when there is no problem."""
    found = reading(name, text)
    return found.sheet, found.problems


def stamp(text: str) -> str:
    """The same text with an id wherever one is missing; nothing else changes, and no id is ever renamed."""
    parts = re.split(r"(\r\n|\r|\n)", text)  # a line, its break, the next line ...
    for at, name in reading("sheet", text).missing:
        parts[2 * (at - 1)] = f"{parts[2 * (at - 1)].rstrip()} ^{name}"
    return "".join(parts)
