"""What is sealed opens only with its own key, in its own place, unchanged; and tells nothing about itself."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.vault import Broken, Forgotten, KeyRing, KeyStore, KeyTrouble, Vault

FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLACES = st.text(min_size=1, max_size=40)


@pytest.fixture
def kids(vault: Vault) -> list[str]:
    return asyncio.run(vault.new_keys(2))


@FAST
@given(plain=st.binary(max_size=2000), where=PLACES)
def test_what_is_sealed_opens_again(vault: Vault, kids: list[str], plain: bytes, where: str) -> None:
    assert vault.open(kids[0], where, vault.seal(kids[0], where, plain)) == plain
    assert vault.open_for_team(kids[0], where, vault.seal_for_team(kids[0], where, plain)) == plain


@FAST
@given(plain=st.binary(max_size=300), here=PLACES, there=PLACES)
def test_a_cell_that_was_moved_does_not_open(
    vault: Vault, kids: list[str], plain: bytes, here: str, there: str
) -> None:
    sealed = vault.seal(kids[0], here, plain)
    if here != there:
        with pytest.raises(Broken):
            vault.open(kids[0], there, sealed)
    with pytest.raises(Broken):  # nor in the same place of another talk
        vault.open(kids[1], here, sealed)


@FAST
@given(plain=st.binary(max_size=300), data=st.data())
def test_a_cell_that_was_changed_anywhere_does_not_open(
    vault: Vault, kids: list[str], plain: bytes, data: st.DataObject
) -> None:
    sealed = vault.seal(kids[0], "here", plain)
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytes([sealed[at] ^ data.draw(st.integers(1, 255))])
    with pytest.raises(Broken):
        vault.open(kids[0], "here", sealed[:at] + flipped + sealed[at + 1 :])
    with pytest.raises(Broken):
        vault.open(kids[0], "here", sealed[:at])


@FAST
@given(first=st.binary(max_size=255), second=st.binary(max_size=255))
def test_the_length_of_a_cell_tells_steps_of_256_bytes_only(
    vault: Vault, kids: list[str], first: bytes, second: bytes
) -> None:
    lengths = {len(vault.seal(kids[0], "x", text)) for text in (first, second)}
    assert len(lengths) == 1
    assert len(vault.seal(kids[0], "x", bytes(256))) - lengths.pop() == 256


def test_the_same_words_never_look_the_same_twice(vault: Vault, kids: list[str]) -> None:
    assert len({vault.seal(kids[0], "x", b"help") for _ in range(50)}) == 50


def test_a_pid_is_steady_and_keyed_and_apart_for_each_channel(vault: Vault) -> None:
    assert vault.pid("telegram", "77") == vault.pid("telegram", "77")
    assert len(vault.pid("telegram", "77")) == 32
    assert int(vault.pid("telegram", "77"), 16)
    assert vault.pid("telegram", "77") != vault.pid("webchat", "77")
    assert vault.pid("a", "b77") != vault.pid("ab", "77")


def test_another_id_key_gives_other_pids_and_marks(
    vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("other") / "keys"
    KeyRing.create(folder)
    other = Vault.at(folder)
    assert other.pid("telegram", "77") != vault.pid("telegram", "77")
    assert other.mark("tap", "1") != vault.mark("tap", "1")
    other.close()


def test_marks_keep_their_parts_apart(vault: Vault) -> None:
    marks = {
        vault.mark(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("a", "b", "c"))
    }
    assert len(marks) == 5
    assert {len(mark) for mark in marks} == {32}


def test_half_a_character_and_nothing_at_all_can_be_a_person(vault: Vault) -> None:
    assert len({vault.pid("telegram", person) for person in ("\ud800", "\0", "", "\ud801")}) == 4


async def test_a_bot_without_the_team_key_writes_for_the_team_and_never_reads_it_back(
    vault: Vault, key_folder: Path
) -> None:
    [kid] = await vault.new_keys(1)
    (key_folder / "team.key").rename(key_folder.parent / "kept-by-the-desk")
    bot = Vault.at(key_folder)
    sealed = bot.seal_for_team(kid, "texts", b"my own words")
    with pytest.raises(KeyTrouble, match=r"team\.key"):
        bot.open_for_team(kid, "texts", sealed)
    assert b"my own words" not in bot.open(
        kid, "texts", sealed
    )  # what the bot's own keys give is still sealed
    assert vault.open_for_team(kid, "texts", sealed) == b"my own words"
    with pytest.raises(Broken):
        vault.open_for_team(kid, "texts", vault.seal(kid, "texts", b"not for the team"))
    bot.close()


async def test_a_destroyed_key_opens_nothing_not_even_for_the_team(vault: Vault, key_folder: Path) -> None:
    kid, other = await vault.new_keys(2)
    mine, teams = vault.seal(kid, "x", b"words"), vault.seal_for_team(kid, "x", b"words")
    kept = vault.seal(other, "x", b"other words")
    await vault.destroy([kid])
    await vault.destroy([kid])  # destroying again is no error
    later = Vault.at(key_folder)  # nor does a new start bring it back
    for one in (vault, later):
        for act in (one.open, one.open_for_team):
            with pytest.raises(Forgotten):
                act(kid, "x", mine if act == one.open else teams)
        with pytest.raises(Forgotten):
            one.seal(kid, "x", b"more")
        assert one.open(other, "x", kept) == b"other words"
        assert await one.missing([kid, other]) == {kid}
    later.close()


async def test_more_talks_than_fit_in_memory_still_open(key_folder: Path) -> None:
    small = Vault(KeyRing.load(key_folder), KeyStore.open(key_folder / "keys.db"), most=3)
    kids = await small.new_keys(10)
    cells = {kid: small.seal(kid, "x", kid.encode()) for kid in kids}
    await small.fetch(kids)
    assert all(small.open(kid, "x", cell) == kid.encode() for kid, cell in cells.items())
    assert await small.missing([*kids, "nobody"]) == {"nobody"}
    small.close()


async def test_a_key_destroyed_while_it_is_being_fetched_is_not_remembered(key_folder: Path) -> None:
    """The store answers slowly: the key is read, then destroyed, and only then handed over."""
    read, go = threading.Event(), threading.Event()

    class SlowStore(KeyStore):
        def get(self, kids: Sequence[str]) -> dict[str, tuple[str, bytes]]:
            found = super().get(kids)
            read.set()
            assert go.wait(10)
            return found

    writer = Vault.at(key_folder)
    [kid] = await writer.new_keys(1)
    sealed = writer.seal(kid, "x", b"words")
    slow = Vault(KeyRing.load(key_folder), SlowStore.open(key_folder / "keys.db"))
    fetching = asyncio.create_task(slow.fetch([kid]))
    await asyncio.to_thread(read.wait, 10)
    await slow.destroy([kid])
    go.set()
    await fetching
    with pytest.raises(Forgotten):
        slow.open(kid, "x", sealed)
    writer.close()
    slow.close()
