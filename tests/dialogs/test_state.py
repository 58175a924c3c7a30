"""A talk that was saved is taken up again exactly where it stood."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.state import VERSION, State, from_json, to_json

WORDS = st.text(max_size=10)
STATES = st.builds(
    State,
    scene=WORDS,
    asked=st.integers(),
    answers=st.dictionaries(WORDS, WORDS),
    picked=st.dictionaries(WORDS, WORDS),
    agreed=st.lists(WORDS).map(tuple),
    returns=st.lists(WORDS).map(tuple),
    trail=st.lists(WORDS).map(tuple),
    misses=st.integers(),
    over=st.booleans(),
)


@settings(deadline=None)
@given(STATES)
def test_a_saved_talk_is_the_same_talk(state: State) -> None:
    assert from_json(to_json(state)) == state
    assert to_json(from_json(to_json(state))) == to_json(state)


def test_the_order_of_answers_makes_no_other_saved_talk() -> None:
    assert to_json(State(answers={"a": "1", "b": "2"})) == to_json(State(answers={"b": "2", "a": "1"}))


def test_a_talk_of_a_newer_house_is_refused() -> None:
    newer = json.dumps({**json.loads(to_json(State())), "v": VERSION + 1})
    with pytest.raises(ValueError, match="newer version"):
        from_json(newer)
