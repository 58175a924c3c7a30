"""Nothing a family wrote can reach a log: only event codes, and only facts whose names are on the list."""

import ast
from collections.abc import Iterator

import pytest

from bot.logs import ALLOWED
from tests.house.tree import ROOMS, own, text

PAPER = {"bot/__main__.py", "bot/workshop.py"}  # the command line speaks to whoever typed the command
THE_LOG = "bot/logs.py"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log", "msg"}
WORDS = {"extra", "exc_info"}


def calls(name: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(text(name))) if isinstance(node, ast.Call))


def called(call: ast.Call) -> tuple[str, str]:
    """What a call is made on, and its name."""
    match call.func:
        case ast.Attribute(value=value, attr=attr):
            return ast.unparse(value), attr
        case ast.Name(id=name):
            return "", name
    return "", ""


ROOM_FILES = list(own(".py", under=ROOMS))


def test_only_the_command_line_prints() -> None:
    printing = {
        n for n in ROOM_FILES for call in calls(n) if called(call) in {("", "print"), ("sys.stdout", "write")}
    }
    assert printing <= PAPER


def test_only_facts_on_the_list_are_handed_to_the_log() -> None:
    seen = 0
    for name in ROOM_FILES:
        for call in calls(name):
            if name != THE_LOG and name.startswith("bot/") and called(call) == ("", "log"):
                seen += 1
                first, where = call.args[0], f"{name}:{call.lineno}"
                assert isinstance(first, ast.Constant | ast.Name), where
                names = {word.arg for word in call.keywords}
                assert names - {None} <= ALLOWED, where
                assert None not in names or isinstance(first, ast.Name), where
    assert seen > 5


@pytest.mark.parametrize("name", ROOM_FILES)
def test_a_logger_of_a_room_says_fixed_sentences_only(name: str) -> None:
    """What a room logs by the standard library is a constant, at most with the kind of an error."""
    if name == THE_LOG:
        return
    for call in calls(name):
        whose, how = called(call)
        if how in LEVELS and whose.rpartition(".")[2] in {"log", "logger", "logging", "_log"}:
            where = f"{name}:{call.lineno}"
            assert isinstance(call.args[0], ast.Constant), where
            assert {ast.unparse(given) for given in call.args[1:]} <= {"type(error).__name__"}, where
            assert not {word.arg for word in call.keywords} & WORDS, where
