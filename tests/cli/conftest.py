"""`beside`, run as a person runs it: another process, another folder, and no setting but those of the test."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent.parent
ROOMS = ("bot", "dialogs", "locales", "handoff", "scheduler", "storage", "web")
LONGEST = 120  # seconds: far more than any command needs on a busy machine


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def surroundings(house: Path, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BESIDE_")}
    return {
        **kept,
        "PYTHONPATH": str(house),
        "PYTHONUTF8": "1",
        "COLUMNS": "200",
        "NO_COLOR": "1",
        **settings,
    }


@dataclass(frozen=True)
class Beside:
    """The command in one folder; `house` is the tree it runs from."""

    folder: Path
    house: Path = HOUSE

    def __call__(self, *words: str, given: str = "", **settings: str) -> Ended:
        ran = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=surroundings(self.house, settings),
            input=given,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return Ended(ran.returncode, ran.stdout, ran.stderr)

    def start(self, *words: str, **settings: str) -> "Running":
        return Running(self, words, settings)


class Running:
    """A command that goes on until it is stopped."""

    def __init__(self, beside: Beside, words: tuple[str, ...], settings: dict[str, str]) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=beside.folder,
            env=surroundings(beside.house, settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def line(self, wanted: str) -> str:
        """The next line that holds `wanted`."""
        while (line := self._lines.get(timeout=LONGEST)) is not None:
            self.said.append(line)
            if wanted in line:
                return line.strip()
        raise AssertionError("it ended before it said so:\n" + "".join(self.said))

    def stop(self, with_: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(LONGEST)
        self._reader.join()
        while (line := self._lines.get()) is not None:
            self.said.append(line)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    """The house as it is, in an empty folder."""
    return Beside(tmp_path)


@pytest.fixture
def copied(tmp_path: Path) -> Beside:
    """A house of one's own, whose sheets and words may be changed."""
    house = tmp_path / "house"
    for room in ROOMS:
        shutil.copytree(HOUSE / room, house / room)
    return Beside(house, house)


@pytest.fixture
def starting() -> Iterator[Callable[[Running], Running]]:
    """Nothing that a test started outlives it."""
    running: list[Running] = []

    def remember(one: Running) -> Running:
        running.append(one)
        return one

    yield remember
    for one in running:
        one.close()
