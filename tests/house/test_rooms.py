"""Seven rooms with names of their own, each with its rules on the door, none too big to read."""

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import HOUSE, ROOMS, own, text

FILE_LINES = 450
FUNCTION_LINES = 60
RULES = ("Lives here:", "May import:", "Never:")


@pytest.mark.parametrize("room", ROOMS)
def test_the_name_of_a_room_leads_to_our_room_and_to_nobody_elses(room: str) -> None:
    module = importlib.import_module(room)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().is_relative_to(HOUSE)
    assert set(importlib.metadata.packages_distributions().get(room, [])) <= {"beside-line"}


def test_no_package_we_depend_on_claims_a_name_of_ours() -> None:
    claimed = importlib.metadata.packages_distributions()
    others = {
        name: set(claimed.get(name, [])) - {"beside-line"} for name in (*ROOMS, "tests", "bench", "docs")
    }
    assert {name: whose for name, whose in others.items() if whose} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_at_the_door_what_lives_in_it_and_what_it_never_does(room: str) -> None:
    said = ast.get_docstring(ast.parse(text(f"{room}/__init__.py"))) or ""
    first, *rest = said.splitlines()
    assert first.endswith((".", ":")) or len(first) > len(room)
    places = [next((n for n, line in enumerate(rest) if line.startswith(rule)), -1) for rule in RULES]
    assert -1 not in places, said
    assert places == sorted(places)


def test_the_floors_hold() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as go; go()", "--no-cache"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", ran.stdout)


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_data(name: str) -> bool:
    """A file that is nearly all one table: more than nine lines in ten stand in assignments of literals."""
    tree = ast.parse(text(name))
    told = sum(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    )
    return told > 0.9 * text(name).count("\n")


def test_no_file_is_too_long_to_read_at_once() -> None:
    lengths = {name: text(name).count("\n") for name in own(".py") if not is_data(name)}
    for name in sorted(lengths, key=lambda one: -lengths[one])[:5]:
        print(f"\n{lengths[name]:5} lines  {name}", end="")
    tests_too_long = {
        name for name in lengths if name.startswith("tests/") and lengths[name] > FILE_LINES + 100
    }
    ours_too_long = {name for name in lengths if not name.startswith("tests/") and lengths[name] > FILE_LINES}
    assert ours_too_long | tests_too_long == set()


def test_no_function_is_too_long_to_read_at_once() -> None:
    lengths = {
        f"{name}:{function.lineno} {function.name}": (function.end_lineno or 0) - function.lineno + 1
        for name in own(".py")
        for function in functions(name)
    }
    for place in sorted(lengths, key=lambda one: -lengths[one])[:5]:
        print(f"\n{lengths[place]:5} lines  {place}", end="")
    assert {place for place, lines in lengths.items() if lines > FUNCTION_LINES} == set()
