"""Every mistake an author can make is named in her words, on its line, and never more than it is."""

from functools import cache
from pathlib import Path

import pytest

from dialogs.check import check, check_waiting
from dialogs.problems import PROBLEMS
from dialogs.script import Problem
from tests.dialogs.shelf import BAD, expected, good, with_talk

TALK = "# A talk\n\n> starts at [a](#a)\n\n## a\n\nWe are here. ^here\n\n> end\n"

by_name = pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)


@cache
def problems_of(path: Path) -> tuple[str, tuple[Problem, ...]]:
    """The sheet a bad text stands for, and what is found in it."""
    text = path.read_text(encoding="utf-8")
    says = expected(text)
    if "these are pieces" in text:
        name, texts = "pieces", {**good(), "pieces": text}
    elif "\n## always\n" in text:
        name, texts = "always", {"talk": TALK, "always": text}
    else:
        name, texts = "talk", with_talk(text)
    script, problems = check(texts)
    if says["waits"]:
        assert script is not None and not problems
        problems = check_waiting(script, [says["waits"], "talk.a", ""])
    else:
        assert script is None, "a script with a problem must not come out"
    return says["sheet"] or name, tuple(problems)


@by_name
def test_a_bad_sheet_has_exactly_its_problem_on_its_line(path: Path) -> None:
    says = expected(path.read_text(encoding="utf-8"))
    sheet, problems = problems_of(path)
    found = [(problem.code, problem.sheet, problem.line) for problem in problems]
    assert found == [(says["code"], sheet, int(says["line"]))]


@by_name
def test_a_problem_says_what_is_wrong_and_what_to_do(path: Path) -> None:
    _, problems = problems_of(path)
    for problem in problems:
        assert problem.text.endswith(".") and problem.hint.endswith(".")


def test_the_name_of_a_bad_sheet_begins_with_its_code() -> None:
    for path in BAD:
        assert path.stem[:3] == expected(path.read_text(encoding="utf-8"))["code"]


def test_every_problem_has_a_bad_sheet() -> None:
    assert {path.stem[:3] for path in BAD} == set(PROBLEMS)
