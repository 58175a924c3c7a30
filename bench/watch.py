"""The stop watch: wall and processor time, the disk's own speed, versions."""

import gc
import importlib.metadata
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = ("aiogram", "sqlalchemy", "aiosqlite", "psycopg", "cryptography", "pydantic")
SYNCS = 200
PAGE = 4096


@dataclass
class Take:
    """One candidate in one round."""

    updates: int
    wall: float = 0.0  # seconds until the answers were durable (the peer: until they were handed over)
    cpu: float = 0.0  # seconds of this process, every thread of it
    wall_sent: float = 0.0  # seconds until the answers were sent and marked as sent
    cpu_sent: float = 0.0
    server: float | None = None  # seconds of the database server's processes
    answers: int = 0
    wanted: int = 0

    @property
    def equal(self) -> bool:
        return self.answers == self.wanted

    @property
    def rate(self) -> float:
        return self.updates / self.wall

    @property
    def rate_sent(self) -> float:
        return self.updates / self.wall_sent

    def micro(self, seconds: float) -> float:
        """Microseconds for each update."""
        return seconds / self.updates * 1e6


@dataclass
class Lap:
    """Adds up wall and processor time of what is done inside it."""

    wall: float = 0.0
    cpu: float = 0.0
    _wall: float = field(default=0.0, repr=False)
    _cpu: float = field(default=0.0, repr=False)

    def __enter__(self) -> "Lap":
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


def settle() -> None:
    """Nobody pays for the garbage of the candidate before."""
    gc.collect()


def fsync_micros(folder: Path) -> float:
    """The median of writing one page and waiting for the disk, in microseconds."""
    took = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(b"\0" * PAGE)
            os.fsync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


def keeps(folder: Path) -> bool:
    """Whether this folder is on a disk at all; memory does not outlive the power."""
    kinds = {}
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = line.split()
        kinds[place] = kind
    here = folder.resolve()
    mount = next(str(p) for p in (here, *here.parents) if str(p) in kinds)
    return kinds[mount] not in {"tmpfs", "ramfs"}


def server_seconds(folder: Path) -> float:
    """Processor seconds of a PostgreSQL so far: the one of this data folder and its children, ended or alive."""
    main = int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # ended meanwhile; then its parent has counted it
            continue
        if int(stat.parent.name) == main:
            ticks += sum(map(int, told[11:15]))
        elif int(told[1]) == main:
            ticks += sum(map(int, told[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}
