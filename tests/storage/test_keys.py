"""Keys lie in files of their own; what is wrong with them is said clearly, and no rotation loses a talk."""

import sqlite3
import traceback
from pathlib import Path

import pytest

from storage.vault import KeyRing, KeyStore, KeyTrouble, Vault


def test_a_new_ring_is_for_its_owner_only_and_whole(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "keys")
    files = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert files == dict.fromkeys(["kek-1.key", "id.key", "team.pub", "team.key", "keys.db"], 0o600)
    keys = [*ring.keks.values(), ring.id_key, ring.team_pub, ring.team_key]
    assert len(set(keys)) == 4
    assert {len(key) for key in keys if key} == {32}


def test_keys_are_never_overwritten(key_folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in key_folder.iterdir()}
    with pytest.raises(KeyTrouble, match="never overwritten"):
        KeyRing.create(key_folder)
    assert {path.name: path.read_bytes() for path in key_folder.iterdir()} == before


DAMAGE = {"empty": "", "short": "ab" * 31, "long": "ab" * 33, "no hex": "zz" * 32, "not text": "\x00" * 64}


@pytest.mark.parametrize("name", ["kek-1.key", "id.key", "team.pub", "team.key"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_key_file_is_named_and_nothing_of_it_is_told(
    key_folder: Path, name: str, damage: str
) -> None:
    (key_folder / name).write_text(DAMAGE[damage])
    with pytest.raises(KeyTrouble) as trouble:
        KeyRing.load(key_folder)
    assert f"The key file {name} is damaged" in str(trouble.value)
    told = "".join(traceback.format_exception(trouble.value))
    assert str(key_folder) not in told
    assert "abab" not in told


@pytest.mark.parametrize("name", ["kek-1.key", "id.key", "team.pub"])
def test_a_missing_key_file_is_named(key_folder: Path, name: str) -> None:
    (key_folder / name).unlink()
    with pytest.raises(KeyTrouble, match=rf"^The key file {name} is missing\.$"):
        KeyRing.load(key_folder)


def test_a_key_file_that_cannot_be_read_is_named(key_folder: Path) -> None:
    (key_folder / "id.key").unlink()
    (key_folder / "id.key").mkdir()  # even root cannot read a folder as a file
    with pytest.raises(KeyTrouble, match=r"id\.key cannot be read") as trouble:
        KeyRing.load(key_folder)
    assert str(key_folder) not in "".join(traceback.format_exception(trouble.value))


def test_team_keys_that_do_not_belong_together_are_refused(key_folder: Path) -> None:
    (key_folder / "team.key").write_text("11" * 32)
    with pytest.raises(KeyTrouble, match=r"team\.key and team\.pub"):
        KeyRing.load(key_folder)


def test_a_wrapping_key_must_have_a_number(key_folder: Path) -> None:
    (key_folder / "kek-old.key").write_text("11" * 32)
    with pytest.raises(KeyTrouble, match=r"kek-old\.key must be named by a number"):
        KeyRing.load(key_folder)


def test_a_missing_key_store_is_trouble_and_not_an_empty_one(key_folder: Path) -> None:
    (key_folder / "keys.db").unlink()
    with pytest.raises(KeyTrouble, match=r"keys\.db is missing"):
        KeyStore.open(key_folder / "keys.db")
    assert not (key_folder / "keys.db").exists()


def test_a_key_store_that_is_no_database_is_trouble(key_folder: Path) -> None:
    (key_folder / "keys.db").write_bytes(b"these are not keys" * 100)
    with pytest.raises(KeyTrouble, match=r"keys\.db cannot be opened or is damaged"):
        KeyStore.open(key_folder / "keys.db")


def test_a_ring_never_shows_its_keys(key_folder: Path) -> None:
    ring = KeyRing.load(key_folder)
    shown = f"{ring!r} {ring}"
    assert shown.startswith("KeyRing(keks=['1'], team_key=present)")
    assert ring.id_key.hex()[:8] not in shown


def test_the_key_store_keeps_no_log_of_what_it_destroyed(key_folder: Path) -> None:
    store = KeyStore.open(key_folder / "keys.db")
    pragmas = {
        name: store._line.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "secure_delete", "synchronous")
    }
    assert pragmas == {"journal_mode": "delete", "secure_delete": 1, "synchronous": 2}
    secret = b"wrapped-key-that-must-be-gone"
    store.add([("kid-1", "1", secret)])
    assert _found(key_folder, secret)  # the search sees what is there
    store.delete(["kid-1"])
    assert not _found(key_folder, secret)
    store.close()


def _found(folder: Path, secret: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if secret in path.read_bytes()]


async def test_after_a_rotation_the_old_key_file_can_go_and_every_talk_still_opens(key_folder: Path) -> None:
    old = Vault.at(key_folder)
    kids = await old.new_keys(1203)  # more than one batch
    cells = {kid: old.seal(kid, "x", kid.encode()) for kid in kids}
    old.close()
    assert KeyRing.add(key_folder) == "2"
    vault = Vault.at(key_folder)
    assert await vault.rewrap("2") == 1203
    assert await vault.rewrap("2") == 0
    [fresh] = await vault.new_keys(1)
    vault.close()
    (key_folder / "kek-1.key").unlink()
    after = Vault.at(key_folder)
    assert all(after.open(kid, "x", cell) == kid.encode() for kid, cell in cells.items())
    after.seal(fresh, "x", b"a new talk is wrapped by the new key at once")
    after.close()


async def test_while_both_keys_are_there_both_kinds_of_talks_open(key_folder: Path) -> None:
    old = Vault.at(key_folder)
    [before] = await old.new_keys(1)
    KeyRing.add(key_folder)
    new = Vault.at(key_folder)
    [after] = await new.new_keys(1)
    assert KeyStore.open(key_folder / "keys.db").in_use() == {"1": 1, "2": 1}
    assert new.open(before, "x", old.seal(before, "x", b"words")) == b"words"
    # A process that started before the rotation says what it lacks; it does not call the talk forgotten.
    with pytest.raises(KeyTrouble, match=r"kek-2\.key is missing"):
        old.seal(after, "x", b"words")
    old.close()
    new.close()


async def test_a_rotation_never_brings_a_destroyed_key_back(key_folder: Path) -> None:
    vault = Vault.at(key_folder)
    KeyRing.add(key_folder)
    [kid] = await vault.new_keys(1)
    store = KeyStore.open(key_folder / "keys.db")
    [(_, kek, wrapped)] = store.not_under("2", 10)
    await vault.destroy([kid])  # while a rotation holds the row in its hand
    store.replace([(kid, "2", wrapped, kek)])
    assert store.get([kid]) == {}
    store.close()
    vault.close()


async def test_a_wrapping_key_of_another_house_is_trouble(key_folder: Path, tmp_path: Path) -> None:
    vault = Vault.at(key_folder)
    [kid] = await vault.new_keys(1)
    vault.close()
    (key_folder / "kek-1.key").write_text("22" * 32)
    stranger = Vault.at(key_folder)
    with pytest.raises(KeyTrouble, match=r"kek-1\.key does not fit"):
        stranger.seal(kid, "x", b"words")
    with pytest.raises(KeyTrouble, match=r"kek-9\.key is missing"):
        await stranger.rewrap("9")
    stranger.close()


def test_two_processes_share_the_store(key_folder: Path) -> None:
    here, there = KeyStore.open(key_folder / "keys.db"), KeyStore.open(key_folder / "keys.db")
    here.add([("a", "1", b"1"), ("b", "1", b"2")])
    there.delete(["a"])
    assert here.get(["a", "b"]) == {"b": ("1", b"2")}
    with pytest.raises(sqlite3.IntegrityError):
        there.add([("b", "1", b"never replaces a key")])
    assert here.get(["b"]) == {"b": ("1", b"2")}
    here.close()
    there.close()
