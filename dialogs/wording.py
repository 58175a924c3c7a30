"""Is a text fit to be sent? Its length, its holes, its ease - and the words families must never read.

Sources: practice 4.4 (what may stand on a lock screen) and 9 (text rules).
In the lists below `radical*` finds `radicalised` too.
"""

import re
from collections.abc import Iterator
from typing import Final

from dialogs.problems import near, problem
from dialogs.script import FACTS, NUMBERS, Message, Problem, Say, Script

BUTTON: Final = 34  # letters in English; translations grow to 40
MESSAGE: Final = 600  # letters
NOTE: Final = 60  # letters of a message that may stand on a lock screen
SENTENCE: Final = 25  # words
GRADE: Final = 9.0  # school grade by Flesch and Kincaid; practice aims for 6 to 7

# Words that put a stamp on somebody, or that hurt (practice 9).
NEVER_SAY: Final = (
    "radicalis*", "radicaliz*", "extremis*", "terroris*", "jihad*", "deradicali*", "suspect*", "perpetrator*",
    "victim*", "abnormal*", "not normal", "normal person", "normal people", "normal child*",
    "you should have", "why did you not", "why didn't you",
    "don't worry", "do not worry", "calm down",
)  # fmt: skip
# Words that would tell whoever looks over a shoulder what this is about (practice 2.3 arrival, 4.4).
TOPIC: Final = ("extrem*", "radical*", "terror*", "jihad*", "police*", "violen*", "attack*", "weapon*")
LOCK_SCREEN: Final = (
    *TOPIC, "counsel*", "support*", "help*", "hotline*", "crisis", "famil*", "son", "sons", "daughter*",
    "child*", "brother*", "sister*", "husband*", "wife", "partner*", "parent*", "mother*", "father*",
    "worr*", "danger*", "safe*", "risk*", "group*", "case*", "session*", "appointment*", "code*", "secret*",
)  # fmt: skip

_HOLE = re.compile(r"\{([^{}]*)\}")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"")
_SENTENCES = re.compile(r"[.!?:]+(?:\s+|$)|\n")
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouy]+")


def _finder(stems: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(stem).replace(r"\*", r"\w*") for stem in stems)
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_NEVER = _finder(NEVER_SAY)
_TOPIC = _finder(TOPIC)
_LOCK_SCREEN = _finder(LOCK_SCREEN)


def check_words(script: Script) -> Iterator[Problem]:
    """Every problem of the words of a script, message by message."""
    start = script.scenes.get(script.start)
    first = {step.message for step in start.steps if isinstance(step, Say)} if start else set()
    for message in script.messages.values():
        yield from _long(message)
        yield from _holes(message)
        yield from _hard(message)
        yield from _never(message, message.id in first)


def _found(code: str, message: Message, **words: object) -> Problem:
    return problem(code, message.id.partition(".")[0], message.line, **words)


def _long(message: Message) -> Iterator[Problem]:
    letters = max(len(message.text), len(message.one))
    if message.kind == "button" and letters > BUTTON:
        yield _found("D13", message, n=letters, most=BUTTON)
    most = NOTE if message.discreet else MESSAGE
    if message.kind == "say" and letters > most:
        yield _found("D24", message, n=letters, most=most)


def _holes(message: Message) -> Iterator[Problem]:
    holes = _HOLE.findall(message.text)
    for hole in [*holes, *_HOLE.findall(message.one)]:
        if message.kind != "say":
            yield _found("D14", message, what=f"“{{{hole}}}” stands where no fact can stand.")
        elif hole not in FACTS:
            yield _found("D14", message, what=f"I know no fact called “{hole}”.", near=near(hole, FACTS))
    if set("{}") & set(_HOLE.sub("", message.text + message.one)):
        yield _found("D14", message, what="A brace { or } stands alone.")
    if message.one:
        counts = [
            [hole for hole in _HOLE.findall(text) if hole in NUMBERS] for text in (message.one, message.text)
        ]
        if counts[0] != counts[1] or len(counts[0]) != 1:
            yield _found("D35", message, names=" or ".join(sorted(NUMBERS)))


def _hard(message: Message) -> Iterator[Problem]:
    if message.kind != "say":
        return
    for text in filter(None, (message.text, message.one)):
        longest, grade = ease(text)
        if longest > SENTENCE:
            yield _found("D26", message, why=f"a sentence of {longest} words, more than {SENTENCE}")
        elif grade > GRADE:
            yield _found("D26", message, why=f"it needs school grade {grade:.0f}, more than {GRADE:.0f}")


def ease(text: str) -> tuple[int, float]:
    """The words of the longest sentence, and the school grade a reader needs (Flesch-Kincaid)."""
    sentences = [words for part in _SENTENCES.split(_HOLE.sub("it", text)) if (words := _WORDS.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < 12:  # noqa: PLR2004 - too little to judge
        return len(words), 0.0
    syllables = sum(_syllables(word.lower()) for word in words)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    return max(map(len, sentences)), grade


def _syllables(word: str) -> int:
    silent = word.endswith("e") and not word.endswith("le")
    return max(1, len(_VOWELS.findall(word)) - silent)


def _never(message: Message, first: bool) -> Iterator[Problem]:
    if message.kind == "also":
        return
    text = _QUOTED.sub("", f"{message.one}\n{message.text}").replace("’", "'")
    say = message.kind == "say"
    for finder, here, where, hint in (
        (_NEVER, True, "in a text for families", "Say what they see, not a label (practice 9)."),
        (_TOPIC, first and say, "in the first scene", "It shows on a lock screen (practice 2.3 arrival)."),
        (
            _LOCK_SCREEN,
            message.discreet,
            "in a discreet scene",
            "It shows on a lock screen (practice 4.4).",
        ),
    ):
        if here and (found := finder.search(text)):
            yield _found("D30", message, word=found.group(), where=where, hint=hint)
            return
