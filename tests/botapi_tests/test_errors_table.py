"""Every refusal has a row with a source, and every row can be reached."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.botapi import checks, errors
from tests.botapi.methods import METHODS

CODE = Path(errors.__file__).parent
RAISED = re.compile(r'ApiError\(\s*f?"([a-z_{}.]+)"')
NAMED = re.compile(r'"([a-z][a-z0-9_]+)"')
DYNAMIC = {"kicked_group", "kicked_supergroup", "not_member_group", "not_member_supergroup"}


def source() -> str:
    return "\n".join(path.read_text() for path in CODE.glob("*.py") if path.name != "errors.py")


def test_every_error_the_server_raises_is_in_the_table() -> None:
    raised = {name for name in RAISED.findall(source()) if "{" not in name}
    assert raised, "the pattern finds nothing any more"
    assert raised <= set(errors.ERRORS)


def test_no_row_of_the_table_is_dead() -> None:
    named = set(NAMED.findall(source())) | DYNAMIC | {"flood"}
    assert set(errors.ERRORS) <= named


def test_every_row_names_where_it_was_taken_from() -> None:
    marks = (".cpp", "closed", "guessed", "own rule", "fault injection", "live:", "HttpReader")
    for name, known in errors.ERRORS.items():
        assert any(mark in known.source for mark in marks), name


def test_texts_start_with_the_words_of_their_status() -> None:
    words = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}
    for name, known in errors.ERRORS.items():
        assert known.text.startswith(words.get(known.code, "")), name


def test_first_letters_are_small_unless_the_text_is_a_server_code() -> None:
    for name, known in errors.ERRORS.items():
        if known.code in {400, 403}:
            rest = known.text.partition(": ")[2]
            assert rest[0].islower() or rest[1].isupper() or rest[1] == "_", name


def test_rows_that_rest_on_less_than_source_are_counted() -> None:
    """Lower these numbers when a row is read in the source; never raise them in silence."""
    counted = Counter(known.source.partition(":")[0] for known in errors.ERRORS.values())
    assert counted["guessed"] <= 7 and counted["recalled"] <= 37


def test_the_witness_notices_a_wrong_answer() -> None:
    """A negative control: a check that cannot fail proves nothing."""
    good = {"id": 1, "is_bot": True, "first_name": "Beside"}
    assert checks.compare_answer("getMe", good) == []
    assert "is_bot" in checks.compare_answer("getMe", {"id": 1, "first_name": "Beside"})[0]
    assert "no such field" in checks.compare_answer("getMe", {**good, "shoe_size": 41})[0]
    query = {"id": "1", "from": good, "data": "x"}
    assert (
        "chat_instance" in checks.compare_answer("getUpdates", [{"update_id": 1, "callback_query": query}])[0]
    )


def test_every_method_is_one_that_aiogram_knows() -> None:
    assert set(METHODS) <= set(checks.models())
