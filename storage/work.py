"""Open the database; `work` is the only commit in the house.

Rule 1: One writer at a time on SQLite (in this process by a lock, between processes by BEGIN IMMEDIATE).
Rule 2: What must be told to others is told after the commit, never before.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Connection, NullPool, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Dialect = Literal["sqlite", "postgresql"]

_BUSY_MS = 5000
_ORPHANS = "PRAGMA foreign_key_check"
_MIGRATION_LOCK = 6_253_001  # any constant: two programs that start together migrate one after the other


class Newer(Exception):
    """The database was written by a newer Beside than this one."""


class Older(Exception):
    """The database waits for a migration, or was never set up."""


class Work:
    """One transaction: everything in it happens, or nothing."""

    __slots__ = ("_after", "conn")

    def __init__(self, conn: AsyncConnection) -> None:
        self.conn = conn
        self._after: list[Callable[[], None]] = []

    def after(self, call: Callable[[], None]) -> None:
        """Remember a call for after the commit; a transaction that is rolled back forgets it."""
        self._after.append(call)

    def tell(self) -> None:
        """Make the remembered calls; `Database.work` does it, after the commit."""
        for call in self._after:
            call()


Reader = AsyncConnection | Work


def line(r: Reader) -> AsyncConnection:
    """The connection to read on: of a reading, or of the work that is being done."""
    return r.conn if isinstance(r, Work) else r


class Database:
    """The database with its one way to write and its one way to read."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.dialect: Dialect = "sqlite" if engine.dialect.name == "sqlite" else "postgresql"
        self._readers = engine.execution_options(begin="DEFERRED")
        self._writer = asyncio.Lock()
        self._working: asyncio.Task[Any] | None = None

    def _turnstile(self) -> AbstractAsyncContextManager[Any]:
        # Waiting here costs nothing; waiting in SQLite's busy handler sleeps up to 100 ms at a time.
        return self._writer if self.dialect == "sqlite" else nullcontext()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Do one transaction: commit at the end, roll back on any exception.

        Raises RuntimeError for a work inside a work, which could only wait for itself.
        """
        task = asyncio.current_task()
        if self.dialect == "sqlite" and self._working is task:
            raise RuntimeError("a work was begun inside another work")
        async with self._turnstile():
            self._working = task
            try:
                async with self.engine.connect() as conn:
                    w = Work(conn)
                    async with conn.begin():
                        yield w
            finally:
                self._working = None
        w.tell()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read without ever holding up a writer; what is written here is rolled back."""
        async with self._readers.connect() as conn:
            yield conn

    async def tidy(self) -> None:
        """Empty SQLite's write-ahead log, so that nothing deleted is left in it (security F6)."""
        if self.dialect != "sqlite":
            return
        async with self._turnstile(), self.engine.execution_options(begin=None).connect() as conn:
            await conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self.engine.dispose()


async def open_database(url: str) -> Database:
    """Open a database by its address, `sqlite:///path` or `postgresql://...`; the driver is our choice.

    Raises ValueError for another kind, FileNotFoundError when the folder of the file is missing.
    """
    return Database(_engine(url))


async def migrate(url: str) -> None:
    """Bring the database to the shape this version knows; all of it in one transaction, or nothing.

    Raises Newer when a newer Beside has written it.
    """
    await _migrate(url, lambda config: command.upgrade(config, "head"))


async def step_back(url: str, revision: str) -> None:
    """Bring the database back to an earlier shape ("base" removes every table)."""
    await _migrate(url, lambda config: command.downgrade(config, revision))


async def revision(db: Database) -> str | None:
    """The revision the database is at; None when it was never set up."""
    async with db.reading() as conn:
        return await conn.run_sync(_revision)


async def check_revision(db: Database) -> None:
    """Refuse to work with a database of another version.

    Raises Newer or Older, each with one sentence that says what to do.
    """
    found = await revision(db)
    _refuse_newer(found)
    if found != _scripts().get_current_head():
        raise Older("This database waits for a migration: run `beside migrate` once, then start again.")


def _refuse_newer(found: str | None) -> None:
    scripts = _scripts()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise Newer(
            f"This database was written by a newer Beside (it is at {found}, this program knows "
            f"{scripts.get_current_head()}): start the newer program, or restore the backup made before it."
        )


def _revision(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


async def _migrate(url: str, act: Callable[[Config], None]) -> None:
    engine = _engine(url, foreign_keys=False, poolclass=NullPool)

    def run(conn: Connection) -> None:
        _refuse_newer(_revision(conn))
        config = _config()
        config.attributes["connection"] = conn
        act(config)

    try:
        async with engine.begin() as conn:
            if engine.dialect.name == "postgresql":
                await conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            await conn.run_sync(run)
            # A table that SQLite rebuilds cannot be guarded meanwhile; so look afterwards.
            if engine.dialect.name == "sqlite" and (await conn.exec_driver_sql(_ORPHANS)).first():
                raise RuntimeError(
                    "the migration would leave rows that belong to nothing; nothing was changed"
                )
    finally:
        await engine.dispose()


def _engine(url: str, *, foreign_keys: bool = True, **more: Any) -> AsyncEngine:
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind in ("postgresql", "postgres"):
        if not more:
            more = {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True}
        engine = create_async_engine(
            parsed.set(drivername="postgresql+psycopg"), hide_parameters=True, **more
        )
        _teach_postgresql(engine)
        return engine
    if kind != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ValueError("the database address must be sqlite:///a-file or postgresql://...")
    if not Path(parsed.database).parent.is_dir():
        raise FileNotFoundError("the folder of the database file is missing")
    engine = create_async_engine(parsed.set(drivername="sqlite+aiosqlite"), hide_parameters=True, **more)
    _teach_sqlite(engine, foreign_keys)
    return engine


def _teach_postgresql(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        # Whole columns travel as arrays (`storage.rows`); spelling sealed bytes out as text would cost most of the time.
        raw.driver_connection.adapters.register_dumper(list, ListBinaryDumper)


def _teach_sqlite(engine: AsyncEngine, foreign_keys: bool) -> None:
    pragmas = (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        "secure_delete=ON",
        "temp_store=MEMORY",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we begin ourselves: the driver would begin too late and too softly
        cursor = raw.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(conn: Connection) -> None:
        how = conn.get_execution_options().get("begin", "IMMEDIATE")
        if how is not None:
            conn.exec_driver_sql(f"BEGIN {how}")
