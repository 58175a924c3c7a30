"""What an operator does with the data: look at open cases, forget a family, bring the database up to date."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.foundations import open_data, open_vault
from bot.settings import alone
from handoff import cases
from storage import conversations
from storage.conversations import Visitor
from tests.cli.conftest import Beside

CODE = "4826 1930 5527"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def talk_with_a_case(beside: Beside) -> None:
    """A family with a code and an open case, in the folder `here`."""
    settings = alone(beside.folder / "here")
    vault = open_vault(settings)
    db = await open_data(settings)
    try:
        async with db.work() as w:
            [(number, _)] = await conversations.meet(
                w, vault, [Visitor("web", "somebody", "somebody", "en", NOW)]
            )
            talk = (await conversations.load(w, vault, [number]))[number]
            talk.code, talk.state = CODE, '{"kept": "a secret thing"}'
            await conversations.save(w, vault, [talk])
            by = NOW + timedelta(days=20000)
            await cases.open_case(w, number, "crisis", "T0", ("R1",), "danger today", True, NOW, by)
    finally:
        await db.close()
        vault.close()


def test_open_cases_are_listed_without_any_word_of_a_family(beside: Beside) -> None:
    asyncio.run(talk_with_a_case(beside))
    ended = beside("cases", "--data", "here")
    assert ended.code == 0
    assert "T0  crisis" in ended.out
    assert "answer by 2081-" in ended.out
    assert "danger today" in ended.out
    assert not any(word in ended.out for word in ("somebody", CODE, "secret"))


def test_a_family_is_forgotten_by_its_code_however_it_is_typed(beside: Beside) -> None:
    asyncio.run(talk_with_a_case(beside))
    assert beside("forget", "1111 2222 3333", "--data", "here").code == 1
    ended = beside("forget", "٤٨٢٦١٩٣٠٥٥٢٧", "--data", "here")
    assert (ended.code, ended.out.splitlines()[0][:10]) == (0, "Forgotten:")
    again = beside("forget", CODE, "--data", "here")
    assert (again.code, again.err) == (1, "There is no talk with this code.\n")


def test_a_folder_without_data_is_named_and_nothing_is_made_in_it(beside: Beside) -> None:
    for words in (
        ("cases",),
        ("forget", CODE),
        ("cases", "--data", "there"),
        ("forget", CODE, "--data", "there"),
    ):
        ended = beside(*words)
        assert ended.code == 1
        assert "There is no database in" in ended.err
    assert list(beside.folder.iterdir()) == []


def test_migrate_sets_up_a_database_once_and_says_so(beside: Beside) -> None:
    for _ in range(2):
        ended = beside("migrate", BESIDE_DATA_DIR="kept")
        assert (ended.code, ended.out) == (0, "The database is up to date.\n")
    assert (beside.folder / "kept" / "beside.db").exists()


def test_migrate_with_a_server_that_is_not_there_says_so_without_its_password(beside: Beside) -> None:
    ended = beside("migrate", BESIDE_DATABASE_URL="postgresql://somebody:hush@127.0.0.1:1/x")
    assert ended.code == 1
    assert "The database cannot be opened" in ended.err
    assert "hush" not in ended.err + ended.out
