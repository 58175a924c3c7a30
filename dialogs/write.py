"""A Sheet becomes its canonical text: the one way to write it down, so that files and the studio never fight.

Rule: `read(write(sheet)) == sheet`, and writing what was read twice gives the same text. Nothing is lost:
notes, flags and order stay; only empty lines, line breaks and the order of what is about a scene are settled.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dialogs.directions import CLAUSES, DIRECTIONS, phrase
from dialogs.markup import BULLET, BUTTON, COUNTED, PARAGRAPH, TITLE, escaped
from dialogs.script import (
    MOST,
    RESERVED,
    Agree,
    Button,
    Cancel,
    Choose,
    End,
    FollowUp,
    Forget,
    Goto,
    HandOver,
    Hide,
    Listen,
    Message,
    Return,
    Say,
    Scene,
    Set,
    Sheet,
    Step,
    Visit,
    When,
)


def write(sheet: Sheet) -> str:
    """The canonical text of a sheet that was read without problems."""
    return "\n\n".join([f"# {escaped(TITLE, sheet.title)[0]}", *_blocks(sheet)]) + "\n"


def _blocks(sheet: Sheet) -> Iterator[str]:
    top = [_say("note", WORDS=note) for note in sheet.preface]
    if sheet.start:
        top.append(_say("start", LINK=_link(sheet, sheet.start)))
    if sheet.pieces:
        top.append(_say("pieces"))
    if top:
        yield _quote(top)
    for scene in sheet.scenes:
        yield f"## {_short(scene.id)}"
        yield from _scene(sheet, scene)


def _scene(sheet: Sheet, scene: Scene) -> Iterator[str]:
    about = list(_about(sheet, scene))
    if about:
        yield _quote(about)
    directions: list[str] = []
    for step in scene.steps:
        if isinstance(step, Say):
            message = sheet.messages[step.message]
            own = message.notes[len(scene.notes) :]
            directions += [_say("note", WORDS=note) for note in own]
        elif not isinstance(step, Choose) or step.languages:
            directions.append(_direction(sheet, step))
        if directions and isinstance(step, Say | Choose | Listen):
            yield _quote(directions)
            directions = []
        if isinstance(step, Say):
            yield _paragraph(message)
        elif isinstance(step, Choose | Listen) and step.buttons:
            yield "\n".join(_button(sheet, button) for button in step.buttons)
    if directions:
        yield _quote(directions)


def _about(sheet: Sheet, scene: Scene) -> Iterator[str]:
    yield from (_say("note", WORDS=note) for note in scene.notes)
    for key, flag in (
        ("fresh", scene.fresh),
        ("safety", scene.safety),
        ("discreet", scene.discreet),
        ("must-answer", scene.must_answer),
    ):
        if flag:
            yield _say(key)
    if scene.summary:
        yield _say("summary", WORDS=f"{sheet.messages[scene.summary].text} ^{_short(scene.summary)}")
    if scene.if_missed:
        yield _say("missed", LINK=_link(sheet, scene.if_missed))
    if scene.if_skipped:
        yield _say("skipped", LINK=_link(sheet, scene.if_skipped))


def _paragraph(message: Message) -> str:
    name = _short(message.id)
    if message.one:
        one, many = escaped(COUNTED, message.one, message.text)
        return f"one: {one}\nmany: {many} ^{name}"
    first, *bullets = message.text.split("\n- ")
    lines = "\n".join(f"- {escaped(BULLET, bullet)[0]}" for bullet in bullets)
    return f"{escaped(PARAGRAPH, first)[0]}{lines and f'{chr(10)}{chr(10)}{lines}'} ^{name}"


def _button(sheet: Sheet, button: Button) -> str:
    also = sheet.messages[button.also].text if button.also else ""
    label, others = escaped(BUTTON, sheet.messages[button.id].text, also or "x")
    clauses = [phrase(CLAUSES["set"], {"NAME": name, "VALUE": value}) for name, value in button.sets]
    clauses += [phrase(CLAUSES["agree"], {"NAME": name}) for name in button.agrees]
    if also:
        clauses.append(phrase(CLAUSES["also"], {"WORDS": others}))
    after = f" {'; '.join(clauses)}" if clauses else ""
    return f"- [{label}]({_href(sheet, button.goto)}){after} ^{_short(button.id)}"


# A step as the slots of its sentence; `goto` links are added for every step that has one.
_SLOTS: Final[Mapping[type[Any], Callable[[Any], tuple[str, dict[str, str]]]]] = {
    Choose: lambda s: ("offer", {}),
    Set: lambda s: ("set", {"NAME": s.name, "VALUE": s.value}),
    Goto: lambda s: ("go", {}),
    Visit: lambda s: ("visit", {}),
    Return: lambda s: ("return", {}),
    FollowUp: lambda s: ("follow-up", {"NAME": s.plan}),
    Cancel: lambda s: ("cancel", {}),
    Agree: lambda s: ("agree", {"NAME": s.to}),
    Forget: lambda s: ("forget", {}),
    Hide: lambda s: ("hide", {}),
    End: lambda s: ("end", {}),
    HandOver: lambda s: (
        "hand-over-urgent" if s.urgent else "hand-over",
        {"QUEUE": s.queue, "WORDS": s.because},
    ),
    Listen: lambda s: (
        "wait" if s.most == MOST else "wait-most",
        {"NAME": s.name, "N": str(s.most)},
    ),
    When: lambda s: (
        "when-closed" if (s.name, s.values) == ("hours", ("closed",)) else "when",
        {"NAME": s.name, "VALUES": " or ".join(s.values)},
    ),
}


def _direction(sheet: Sheet, step: Step) -> str:
    key, slots = _SLOTS[type(step)](step)
    if isinstance(step, Choose):
        slots["LINK"] = _link(sheet, step.languages)
    elif isinstance(step, Goto | Visit | FollowUp):
        slots["LINK"] = _link(sheet, step.scene)
    elif isinstance(step, When | Listen):
        slots["LINK"] = _link(sheet, step.goto)
    return _say(key, **slots)


def _say(key: str, **slots: str) -> str:
    return phrase(DIRECTIONS[key][1], slots)


def _quote(lines: list[str]) -> str:
    return "\n".join(f"> {line}" for line in lines)


def _short(full: str) -> str:
    return full.partition(".")[2]


def _href(sheet: Sheet, target: str) -> str:
    name, _, scene = target.partition(".")
    if target in RESERVED or name == sheet.name:
        return f"#{scene or target}"
    return f"{name}.md#{scene}"


def _link(sheet: Sheet, target: str) -> str:
    return f"[{target if target in RESERVED else _short(target)}]({_href(sheet, target)})"
