"""The papers around the house: words files, image, compose file, shell scripts, the two commands."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import HOUSE, files, own, text

TOOLS = Path(sys.executable).parent


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], cwd=HOUSE, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", list(own(".po")))
def test_gettext_itself_accepts_every_words_file(name: str, tmp_path: Path) -> None:
    msgfmt = shutil.which("msgfmt")
    if msgfmt is None:
        pytest.skip("gettext is not installed")
    told = ran(msgfmt, "--check", "--check-accelerators=_", "-o", tmp_path / "x.mo", HOUSE / name)
    assert told.returncode == 0, told.stderr
    assert (tmp_path / "x.mo").stat().st_size > 1000


def test_the_image_file_is_clean() -> None:
    told = ran(TOOLS / "hadolint", "--no-color", "Dockerfile")
    assert (told.returncode, told.stdout) == (0, ""), told.stdout + told.stderr


def test_the_image_takes_every_room_and_nothing_else() -> None:
    copied = set(re.findall(r"(?m)^COPY (\w+) \1$", text("Dockerfile")))
    let_in = set(re.findall(r"(?m)^!([\w.]+)$", text(".dockerignore")))
    rooms = {name.partition("/")[0] for name in own("/__init__.py")} - {"tests", "bench"}
    assert copied == rooms
    assert let_in == rooms | {"requirements.lock"}


def test_the_compose_file_fits_the_compose_specification() -> None:
    told = ran(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_compose_file_keeps_the_service_small_and_to_itself() -> None:
    said = text("compose.yaml")
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", '"127.0.0.1:8080:8080"'):
        assert line in said


@pytest.mark.parametrize(("shell", "name"), [("bash", ".ci/run"), ("sh", "dev")])
def test_the_shell_reads_our_scripts(shell: str, name: str) -> None:
    told = ran(shell, "-n", name)
    assert (told.returncode, told.stderr) == (0, "")
    assert (HOUSE / name).stat().st_mode & 0o111


def test_the_gate_runs_the_two_commands_everybody_runs() -> None:
    said = text(".ci/run")
    assert said.index("./dev check") < said.index("./dev test")
    assert "BESIDE_REQUIRE_ALL=1" in said


def test_every_command_the_papers_name_is_there() -> None:
    told = text("dev")
    known = set(re.findall(r"(?m)^    (\w+)\) shift; exec", told)) | {"lock"}
    assert {"demo", "test", "check", "bench", "beside"} <= known
    named = {
        (name, word)
        for name in own(".md", ".yaml", ".toml", ".example", ".ci/run")
        for word in re.findall(r"\./dev (\w+)", text(name))
    }
    assert {(name, word) for name, word in named if word not in known} == set()
    assert {word for name, word in named if name == "README.md"} >= {"demo", "test"}


def test_what_is_made_here_stays_here() -> None:
    """Data, keys, caches, environments and measurements are never carried along."""
    made = [
        ".venv/x",
        ".dev/x",
        ".env",
        "data/beside.db",
        "data-keys/id.key",
        "demo/beside.db",
        "bench/results/x.json",
    ]
    made += ["demo-keys/id.key"]
    if not (HOUSE / ".git").exists():
        pytest.skip("this copy has no git")
    told = subprocess.run(
        ["git", "check-ignore", "--no-index", *made], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert told.stdout.split() == made
    assert not {name for name in files() if name.endswith((".db", ".key", ".mo"))}


def test_the_tables_of_the_house_are_plain_utf_8_without_carriage_returns() -> None:
    for name in own(".md", ".po", ".csv", ".toml", ".txt", ".json"):
        raw = (HOUSE / name).read_bytes()
        raw.decode("utf-8")
        assert b"\r" not in raw, name
        if name.endswith(".json"):
            json.loads(raw)
