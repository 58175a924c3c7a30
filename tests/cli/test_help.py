"""Others rely on these names; every one of them says what it does."""

import pytest

from bot.__main__ import app
from tests.cli.conftest import Beside

COMMANDS = {
    ("demo",): {"--port", "--data"},
    ("run",): set(),
    ("check",): {"--json", "--stamp"},
    ("play",): {"SHEET", "--lang", "--from"},
    ("cases",): {"--data"},
    ("forget",): {"CODE", "--data"},
    ("migrate",): set(),
    ("doctor",): {"--alive"},
    ("words", "status"): set(),
    ("words", "sync"): set(),
    ("words", "approve"): {"LANG", "--by"},
}


def test_the_command_line_lists_its_commands(beside: Beside) -> None:
    ended = beside("--help")
    assert ended.code == 0
    assert ended.out.startswith("Usage: beside COMMAND")
    rows = ended.out.splitlines()
    for name in {words[0] for words in COMMANDS}:
        row = next(line for line in rows if line.startswith(f"│ {name} "))
        assert len(row.strip("│ ").removeprefix(name).strip()) > len("a few words"), name


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_what_it_takes(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        app([*words, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Usage: beside {' '.join(words)}")
    sentence = said[2]
    assert sentence[0].isupper()
    assert len(sentence.split()) > 4
    for name in COMMANDS[words]:
        row = next(line for line in said if name in line and line.startswith("│"))
        assert len(row.split("  ")) > 1
        assert row.rstrip("│ ").strip()[-1] in ".]", row


def test_a_command_that_is_not_there_is_an_error(beside: Beside) -> None:
    ended = beside("alert-the-police")
    assert ended.code != 0
    assert "Unknown command" in ended.err
