"""A batch of sixty talks costs as many statements as a batch of three: that is what keeps a busy evening quick."""

import time
from collections import Counter
from collections.abc import Awaitable
from typing import Any, TypeVar

from sqlalchemy import event

from storage import conversations, inbox, outbox
from storage.vault import Vault
from storage.work import Database
from tests.storage.world import LEASE, NOW, draft, letter

T = TypeVar("T")


async def _statements(db: Database, vault: Vault, start: int, how_many: int) -> Counter[str]:
    """How many statements each step of one whole turn of `how_many` talks sends to the database."""
    counted: Counter[str] = Counter()
    step = ""

    def count(*_: Any) -> None:
        counted[step] += 1

    async def counting(name: str, act: Awaitable[T]) -> T:
        nonlocal step
        step = name
        return await act

    event.listen(db.engine.sync_engine, "before_cursor_execute", count)
    letters = [letter(number, f"p{number}") for number in range(start, start + how_many)]
    await counting("meet", inbox.accept(db, vault, letters))
    again = [letter(number + 1000, f"p{number}") for number in range(start, start + how_many)]
    await counting("accept", inbox.accept(db, vault, again))
    async with db.work() as w:
        taken = await counting("take", inbox.take(w, vault, NOW, how_many))
        assert len(taken) == how_many
        talks = await counting("load", conversations.load(w, vault, taken))
        for talk in talks.values():
            talk.state, talk.code = "somewhere", f"code {talk.id}"
        await counting("save", conversations.save(w, vault, list(talks.values())))
        await counting("put", outbox.put(w, vault, [draft(number, f"k{number}") for number in taken], NOW))
        await counting("done", inbox.done(w, [row.id for rows in taken.values() for row in rows]))
    async with db.work() as w:
        assert len(await counting("claim", outbox.claim(w, vault, NOW, how_many, LEASE, "x"))) == how_many
    event.remove(db.engine.sync_engine, "before_cursor_execute", count)
    return counted


async def test_a_bigger_batch_sends_no_more_statements(db: Database, vault: Vault) -> None:
    few = await _statements(db, vault, 0, 3)
    many = await _statements(db, vault, 100, 60)
    assert many == few
    assert {name: count for name, count in few.items() if name not in ("meet", "accept", "claim")} == {
        "take": 2,
        "load": 1,
        "save": 1,
        "put": 2,
        "done": 1 if db.dialect == "postgresql" else 2,  # and the BEGIN of the next work
    }


async def test_two_thousand_letters_come_in_quickly(db: Database, vault: Vault) -> None:
    """The figure is printed; the bound is far below it and only says that nothing is done row by row."""
    letters = [letter(number, f"p{number % 500}") for number in range(2000)]
    began = time.perf_counter()
    for at in range(0, 2000, 64):
        assert all(await inbox.accept(db, vault, letters[at : at + 64]))
    speed = 2000 / (time.perf_counter() - began)
    print(f"\naccepted on {db.dialect}: {speed:,.0f} letters/s")
    assert speed > 300
