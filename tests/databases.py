"""Real databases for tests: SQLite on disk, and a PostgreSQL of our own that lives as long as the test run.

A conftest imports the fixtures: `sqlite_url`, `postgres_url`, `database_url`, `db`, `key_folder`, `vault`.
Every test gets a migrated database of its own: a copied file, or a cloned template.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from storage.vault import KeyRing, Vault
from storage.work import Database, migrate, open_database

__all__ = [
    "Cluster",
    "database_url",
    "db",
    "key_folder",
    "key_template",
    "postgres",
    "postgres_url",
    "programs",
    "sqlite_template",
    "sqlite_url",
    "vault",
]

BOTH = (pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres))
_TEMPLATE = "beside_template"


def programs() -> Path | None:
    """The newest PostgreSQL that is installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    return newest.parent if newest else None


def _migrate(url: str) -> None:
    """Migrate from a fixture, whatever loop the test itself will run on."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, migrate(url)).result()


@dataclass(slots=True)
class Cluster:
    """A PostgreSQL on a unix socket in a folder of its own."""

    folder: Path
    programs: Path
    admin: psycopg.Connection[tuple[object, ...]] | None = None

    @classmethod
    def start(cls, programs: Path, *, durable: bool = False) -> "Cluster":
        """Start one. `durable`: with fsync, for measurements; else as fast as it can be."""
        folder = Path(tempfile.mkdtemp(prefix="beside-pg-"))
        cluster = cls(folder, programs)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")  # PostgreSQL refuses to run as root
        cluster._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        settings = [f"unix_socket_directories = '{folder}'", "listen_addresses = ''", "max_connections = 60"]
        if not durable:
            settings += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
        with (folder / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")
        cluster._run("pg_ctl", "-w", "-l", str(folder / "log"), "start")
        cluster.admin = psycopg.connect(f"host={folder} user=postgres dbname=postgres", autocommit=True)
        return cluster

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def run(self, statement: str) -> None:
        assert self.admin is not None
        self.admin.execute(statement.encode())

    def create(self, name: str, template: str | None = None) -> str:
        self.run(f"CREATE DATABASE {name}" + (f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""))
        return self.url(name)

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        if self.admin is not None:
            self.admin.close()
            self._run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The cluster of this test run, with a migrated database to clone; skips when it is not installed."""
    found = programs()
    if found is None:
        if os.environ.get("BESIDE_REQUIRE_ALL") == "1":
            pytest.fail("PostgreSQL's programs are missing, and nothing may be left out here")
        pytest.skip("PostgreSQL's programs are not installed")
    cluster = Cluster.start(found)
    try:
        _migrate(cluster.create(_TEMPLATE))
        yield cluster
    finally:
        cluster.stop()


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """A migrated, empty PostgreSQL database for one test."""
    name = f"beside_{next(_numbers)}"
    yield postgres.create(name, _TEMPLATE)
    postgres.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "beside.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database for one test, alone in its data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return f"sqlite:///{shutil.copy(sqlite_template, folder / 'beside.db')}"


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated, empty database; the test runs once on each kind."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def key_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "keys"
    KeyRing.create(folder)
    return folder


@pytest.fixture
def key_folder(key_template: Path, tmp_path: Path) -> Path:
    """A ring of keys, apart from the data."""
    return Path(shutil.copytree(key_template, tmp_path / "keys"))


@pytest.fixture
def vault(key_folder: Path) -> Iterator[Vault]:
    """A vault with the team's key, as on the desk."""
    opened = Vault.at(key_folder)
    yield opened
    opened.close()
