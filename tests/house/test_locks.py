"""What comes from outside: every package by name, version and hash, from wherever the reader gets packages."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import HOUSE, files, text

RUN, DEV = "requirements.lock", "requirements-dev.lock"
ENTRY = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^ ;\\]+)([^\n]*)((?:\n    --hash=[^\n]+)+)")
PYPROJECT = tomllib.loads(text("pyproject.toml"))
PLACES = re.compile(  # of a machine, not of an image or a package
    r"(?:/root/|/home/[a-z]|/work/|/Users/|/srv/|/mnt/|/var/folders/|file://|[A-Z]:\\Users)"
)
HOSTS = re.compile(
    r"(?i)(?:[a-z0-9-]+\.)*(?:pypi\.org|pythonhosted\.org|npmjs\.\w+|artifactory[\w.-]*|nexus\.[\w.-]+)"
)
SETTINGS = re.compile(r"(?i)--(?:extra-)?index-url|--find-links|--trusted-host|extra-index-url|index-url\s*=")


@dataclass(frozen=True)
class Locked:
    version: str
    hashes: int


def locked(name: str) -> dict[str, Locked]:
    return {
        canonicalize_name(package): Locked(version, hashes.count("--hash=sha256:"))
        for package, version, _, hashes in ENTRY.findall(text(name))
    }


def wanted(*groups: str) -> list[Requirement]:
    told = list(PYPROJECT["project"]["dependencies"])
    for group in groups:
        told += PYPROJECT["dependency-groups"][group]
    return [Requirement(line) for line in told]


@pytest.mark.parametrize(("lock", "groups"), [(RUN, ("build",)), (DEV, ("build", "dev"))])
def test_the_locks_are_in_step_with_what_we_ask_for(lock: str, groups: tuple[str, ...]) -> None:
    found = locked(lock)
    for need in wanted(*groups):
        have = found.get(canonicalize_name(need.name))
        assert have is not None, f"{need.name} is not in {lock}: run ./dev lock"
        assert need.specifier.contains(have.version), f"{need} is locked at {have.version}: run ./dev lock"


@pytest.mark.parametrize("lock", [RUN, DEV])
def test_every_line_of_a_lock_is_a_version_with_hashes_and_names_no_place(lock: str) -> None:
    said = text(lock)
    entries = [line for line in said.splitlines() if line and not line.startswith((" ", "#"))]
    found = locked(lock)
    assert len(entries) == len(found)
    assert all(one.hashes > 0 for one in found.values())
    assert not re.search(r"://| @ |^-", said, re.MULTILINE)


def test_what_the_service_runs_on_is_what_the_workshop_tests() -> None:
    run, dev = locked(RUN), locked(DEV)
    assert {name: one.version for name, one in run.items()} == {n: dev[n].version for n in run if n in dev}


def test_the_parts_of_the_workshop_are_not_in_the_image() -> None:
    assert not {"pytest", "playwright", "mypy", "hypothesis", "ruff"} & set(locked(RUN))


@pytest.mark.parametrize("name", [name for name in files() if not name.startswith("web/pages/vendor/")])
def test_no_file_knows_a_machine_or_a_registry(name: str) -> None:
    if name in {"tests/house/test_locks.py", "uv.lock"}:
        return
    raw = (HOUSE / name).read_bytes()
    if b"\0" in raw[:8192]:
        return
    said = raw.decode("utf-8")
    for wrong in (PLACES, HOSTS, SETTINGS):
        found = wrong.search(said)
        assert found is None, f"{name}:{said.count(chr(10), 0, found.start()) + 1} {found.group(0)}"
