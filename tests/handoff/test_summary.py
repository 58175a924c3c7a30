"""The family reads exactly what the counsellor reads: their own answers, what is good before what worries."""

from dataclasses import replace

from dialogs.script import Button, Choose, Scene, Script
from dialogs.state import State
from handoff.summary import lines


def scene(name: str, answer: str, *values: str, titled: bool = True) -> Scene:
    buttons = tuple(Button(f"talk.{name}-{value}", "talk.end", ((answer, value),)) for value in values)
    return Scene(f"talk.{name}", (Choose(buttons),), summary=f"talk.{name}-title" if titled else "")


SCENES = (
    scene("danger", "danger", "now", "none"),
    scene("changed", "changes", "angry", "secret"),
    scene("who", "relation", "parent"),
    scene("good", "good", "meals"),
    scene("hidden", "country", "at", titled=False),
    scene("own", "something_new", "yes"),
    scene("hope", "hope", "peace"),
)
SCRIPT = Script(scenes={each.id: each for each in SCENES}, messages={}, start="talk.who", always=(), hash="h")


def told(picked: dict[str, str]) -> list[str]:
    state = replace(
        State(), picked={f"talk.{name}": f"talk.{name}-{value}" for name, value in picked.items()}
    )
    return lines(SCRIPT, state, lambda message: message.removeprefix("talk."))


def test_strengths_come_before_worries_whatever_was_asked_first() -> None:
    assert told(
        {"danger": "none", "changed": "angry", "good": "meals", "hope": "peace", "who": "parent"}
    ) == [
        "who-title: who-parent",
        "good-title: good-meals",
        "hope-title: hope-peace",
        "changed-title: changed-angry",
        "danger-title: danger-none",
    ]


def test_only_questions_with_a_title_are_told_and_only_answered_ones() -> None:
    assert told({"hidden": "at", "who": "parent"}) == ["who-title: who-parent"]
    assert told({}) == []


def test_a_new_question_comes_last_and_is_not_forgotten() -> None:
    assert told({"own": "yes", "danger": "now"}) == ["danger-title: danger-now", "own-title: own-yes"]


def test_the_words_are_the_readers() -> None:
    state = replace(State(), picked={"talk.good": "talk.good-meals"})
    words = {"talk.good-title": "ما الجيد", "talk.good-meals": "نأكل معًا"}
    assert lines(SCRIPT, state, words.__getitem__) == ["ما الجيد: نأكل معًا"]
