"""The test sheets: a small house and a talk that uses every kind of step once."""

import re
from functools import cache
from pathlib import Path

from dialogs.check import check
from dialogs.script import Problem, Script

SHEETS = Path(__file__).parent.parent / "sheets"
BAD = sorted((SHEETS / "bad").glob("*.md"))
_EXPECT = re.compile(
    r"> note: expect (?P<code>D\d\d) at line (?P<line>\d+)(?: of (?P<sheet>[a-z]+)\.md)?"
    r"(?:, while (?P<waits>[a-z.]+) waits)?"
)


def good() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in SHEETS.glob("*.md")}


@cache
def script() -> Script:
    found, problems = check(good())
    assert found is not None, problems
    return found


def with_talk(text: str) -> dict[str, str]:
    """The small house with another talk in it."""
    return {"always": good()["always"], "talk": text}


def judged(text: str) -> tuple[Script | None, list[Problem]]:
    return check(with_talk(text))


def expected(text: str) -> re.Match[str]:
    """What a bad sheet says about itself in its note."""
    found = _EXPECT.search(text)
    assert found is not None, "a bad sheet says in a note what is expected"
    return found
