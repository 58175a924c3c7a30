"""Can every answer be typed? Words that fold to the same must not mean two things in one question."""

from collections.abc import Iterator

from dialogs.fold import fold
from dialogs.match import also_words
from dialogs.plan import question_of
from dialogs.problems import problem
from dialogs.script import Button, Problem, Script


def words_of(script: Script, button: Button) -> tuple[str, ...]:
    """The English label of a button and its other words."""
    also = script.messages.get(button.also)
    return (script.messages[button.id].text, *(also_words(also.text) if also else ()))


def check_sounds(script: Script) -> Iterator[Problem]:
    """Words that mean two buttons of one question, or a button and something that is always there.

    A label that is an always-there word too wins in its question; one of its other words never could.
    """
    always = {fold(word): button for button in script.always for word in words_of(script, button)}
    yield from _twice(script, script.always, {})
    for scene in script.scenes.values():
        if question := question_of(scene):
            yield from _twice(script, tuple(question.buttons.values()), always)


def _twice(script: Script, buttons: tuple[Button, ...], always: dict[str, Button]) -> Iterator[Problem]:
    places = {str(place): button for place, button in enumerate(buttons, 1)}
    seen: dict[str, Button] = {}
    for button in buttons:
        label, *others = words_of(script, button)
        for word in (label, *others):
            folded = fold(word)
            other = seen.setdefault(folded, button)
            if other is button:
                other = places.get(folded, button)
            house = always.get(folded)
            if other is button and house and house.goto != button.goto and word != label:
                other = house
            if other is not button:
                one, two = (name.id.partition(".")[2] for name in (other, button))
                yield problem("D31", button.id.partition(".")[0], button.line, word=word, one=one, other=two)
