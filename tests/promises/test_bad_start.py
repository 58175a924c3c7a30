"""What the operator gets wrong is said at once, as a list; a full disk loses nothing (promises 1 and 9)."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.__main__ import demo, run
from bot.house import House
from handoff.operator import EXAMPLE
from storage import tables
from storage.vault import KeyRing
from tests.promises.conftest import SECRET, town
from tests.promises.family import Town
from tests.promises.test_bad_input import call, written

Wrong = Callable[[Path, pytest.MonkeyPatch], None]


pytestmark = pytest.mark.usefixtures("logs_as_they_were")


def env_of_noise(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / ".env").write_bytes(b"BESIDE_PORT=\xff\xfe\xfa")


def env_that_is_a_folder(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / ".env").mkdir()


def damaged_key(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "keys" / "kek-1.key").write_text("not a key")


def keys_of_another_house(home: Path, patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(home / "keys")
    KeyRing.create(home / "keys")


def keys_gone(home: Path, patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(home / "keys")


def damaged_store(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "keys" / "keys.db").write_bytes(b"x" * 5000)


def from_the_future(home: Path, patch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(home / "data" / "beside.db") as line:
        line.execute("UPDATE alembic_version SET version_num = '9999'")
    line.close()


def no_database(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "data" / "beside.db").write_bytes(b"this is a shopping list" * 300)


def read_only(home: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("BESIDE_DATABASE_URL", f"sqlite:///file:{home / 'data' / 'beside.db'}?mode=ro&uri=true")


def data_is_a_file(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "flat").write_text("")
    patch.setenv("BESIDE_DATA_DIR", str(home / "flat"))


def bad_operator(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "operator.toml").write_text("name = 7\nthis is no toml")
    patch.setenv("BESIDE_OPERATOR", str(home / "operator.toml"))


def operator_without_statements(home: Path, patch: pytest.MonkeyPatch) -> None:
    (home / "operator.toml").write_text('name = "Beside"\n')
    patch.setenv("BESIDE_OPERATOR", str(home / "operator.toml"))


def setting(name: str, value: str) -> Wrong:
    return lambda home, patch: patch.setenv(f"BESIDE_{name}", value.format(home=home))


# what is wrong -> what the sentence must name
WRONG: dict[str, tuple[Wrong, str]] = {
    ".env of noise": (env_of_noise, ".env"),
    ".env is a folder": (env_that_is_a_folder, ".env"),
    "a token without a colon": (setting("TELEGRAM_TOKEN", "abc"), "TELEGRAM_TOKEN"),
    "a token without a number": (
        setting("TELEGRAM_TOKEN", "abc:defghijklmnopqrstuvwxyz0123456789"),
        "TELEGRAM_TOKEN",
    ),
    "a token with a space": (setting("TELEGRAM_TOKEN", "12345:abc def"), "TELEGRAM_TOKEN"),
    "a token that is its name": (setting("TELEGRAM_TOKEN_FILE", "{home}/nothing"), "TELEGRAM_TOKEN_FILE"),
    "a webhook without a secret": (
        setting("TELEGRAM_WEBHOOK_URL", "https://example.org/telegram"),
        "WEBHOOK_SECRET",
    ),
    "a damaged key": (damaged_key, "kek-1.key"),
    "keys of another house": (keys_of_another_house, "id.key"),
    "keys that are gone": (keys_gone, "key"),
    "a damaged store of keys": (damaged_store, "keys.db"),
    "keys in the data": (setting("KEYS_DIR", "{home}/data/keys"), "BESIDE_KEYS_DIR"),
    "no operator": (setting("OPERATOR", "{home}/nobody.toml"), "nobody.toml"),
    "a bad operator": (bad_operator, "operator.toml"),
    "an operator who says nothing": (operator_without_statements, "operator.toml"),
    "a database from a newer Beside": (from_the_future, "newer"),
    "no database at all": (no_database, "database"),
    "a read-only database": (read_only, "database"),
    "data that is a file": (data_is_a_file, "BESIDE_DATA_DIR"),
    "a strange address": (setting("DATABASE_URL", "mysql://localhost/beside"), "DATABASE_URL"),
    "a port that is no number": (setting("PORT", "many"), "BESIDE_PORT"),
    "an example operator for real families": (setting("OPERATOR", str(EXAMPLE)), "example"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_wrong_is_named_and_nothing_starts(
    what: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, named = WRONG[what]
    monkeypatch.chdir(home)
    monkeypatch.setenv("BESIDE_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("BESIDE_KEYS_DIR", str(home / "keys"))
    monkeypatch.setenv("BESIDE_PORT", "0")
    if named != "example":
        monkeypatch.setenv("BESIDE_DEMO", "true")
    make(home, monkeypatch)
    async with asyncio.timeout(20):  # a house that starts after all would run for ever
        returned = await run() if named == "example" else await as_demo(monkeypatch)
    said = capsys.readouterr()
    reasons = [line for line in said.err.splitlines() if line.startswith("  - ")]
    assert returned == 1
    assert said.err.startswith("Beside does not start:") and reasons
    assert any(named.lower() in reason.lower() for reason in reasons), said.err
    assert "Traceback" not in said.err + said.out
    assert all(secret not in said.err for secret in ("abc:", "defghij", "abc def")), (
        "a secret is not repeated"
    )


async def as_demo(patch: pytest.MonkeyPatch) -> int:
    """`beside run` with the settings around it, for imagined families."""
    from bot import __main__ as command
    from bot.settings import read

    patch.setattr(command, "read", lambda **_: read())
    return await run()


def test_the_exit_code_of_the_program_is_one(home: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("BESIDE_")}
    more = {"BESIDE_DATA_DIR": str(home / "data"), "BESIDE_OPERATOR": "no.toml"}
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env=plain | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("Beside does not start:\n  - ") and "Traceback" not in ran.stderr


async def test_a_demo_in_a_home_with_other_keys_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.move(home / "keys", home / "data-keys")
    shutil.rmtree(home / "data-keys")
    KeyRing.create(home / "data-keys")
    assert await demo(port=0, data=home / "data") == 1
    assert "id.key" in capsys.readouterr().err


# --- a full disk ---


class Disk:
    """Makes the database's disk full, as SQLite sees it, and gives it room again."""

    def __init__(self, house: House) -> None:
        self.house, self.full = house, False
        event.listen(house.db.engine.sync_engine, "checkout", self._set)

    def _set(self, raw: sqlite3.Connection, *_: object) -> None:
        cursor = raw.cursor()
        cursor.execute(
            f"PRAGMA max_page_count = {1 if self.full else 1_000_000}"
        )  # 1: not one page more than now
        cursor.close()

    def fill(self, full: bool) -> None:
        self.full = full


async def test_a_full_disk_acknowledges_nothing_and_loses_nothing(home: Path) -> None:
    async with town(home, telegram_webhook_secret=SECRET) as place:
        families = [place.family(f"P{n}") for n in range(3)]
        for family in families:
            await family.to_a_person()
        disk = Disk(place.open.house)
        await use_up(place)
        disk.fill(True)
        long = ["w" * 900 + f" {n}" for n in range(30)]
        for family in families[:2]:
            for words in long:
                family.person.write(words)
        polls = len(place.api.calls("getUpdates"))
        await place.api.until(lambda: len(place.api.calls("getUpdates")) >= polls + 1, timeout=15)
        assert len(place.api.pending()) == 2 * len(long), "the messenger still has every one of them"
        by_call = [written(place, families[2], words, 8_000_000 + n) for n, words in enumerate(long)]
        taken = 0
        while await call(place, by_call[taken]) == 200:  # the last free page; then there is no more room
            taken += 1
        assert taken < len(by_call)
        assert await call(place, by_call[taken]) == 503, (
            "and again: the messenger sends nothing else of theirs meanwhile"
        )
        disk.fill(False)
        assert {await call(place, update) for update in by_call[taken:]} == {200}
        await place.api.until(lambda: not place.api.pending(), timeout=30)
        await place.open.quiet()
        for family in families:
            assert await family.kept() == long
        assert await place.rows(tables.inbox, state="parked") == []


async def use_up(place: Town) -> None:
    """Leave no free page in the file, so that the next bigger row needs a new one."""
    async with place.open.house.db.work() as w:
        await w.conn.exec_driver_sql("PRAGMA incremental_vacuum")


async def test_a_full_disk_of_the_keys_acknowledges_nothing_either(home: Path) -> None:
    """The keys have a disk of their own; a stranger who cannot get a key is not lost."""
    async with town(home, telegram_webhook_secret=SECRET) as place:
        store = place.open.house.vault._store._line
        store.execute("CREATE TABLE filler AS SELECT zeroblob(100000) AS z")
        store.commit()
        store.execute("DROP TABLE filler")
        store.execute("VACUUM")
        store.execute("PRAGMA max_page_count = 1")
        crowd = [place.family(f"P{n}") for n in range(60)]  # more keys than fit into a page that is there
        for family in crowd:
            family.person.write("hello")
        polls = len(place.api.calls("getUpdates"))
        await place.api.until(lambda: len(place.api.calls("getUpdates")) >= polls + 1, timeout=15)
        assert len(place.api.pending()) == len(crowd)
        many = [
            await call(place, written(place, family, "hello", 8_100_000 + n))
            for n, family in enumerate(crowd)
        ]
        assert 503 in many
        store.execute("PRAGMA max_page_count = 1000000")
        await place.api.until(lambda: not place.api.pending(), timeout=30)
        await place.open.quiet()
        assert all(family.person.said() for family in crowd)
