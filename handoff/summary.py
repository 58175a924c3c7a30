"""What the family and the counsellor both see: the answers, in one order (practice 2.3 scene 56, 5.1).

Rule 1: one list for both. A counsellor reads nothing here that the family could not read and correct.
Rule 2: who writes, then what is good, hoped for and tried, then the worries (practice 5.6: strengths first).
Rule 3: titles and answers are the sheet's own words in the reader's language; nothing is inferred.
"""

from collections.abc import Callable

from dialogs.script import Button, Choose, Listen, Scene, Script
from dialogs.state import State

# Names of answers in the order they are shown; other questions come last, in the order of the sheets.
ORDER = (
    "relation",
    "adult",
    "country",
    "age",
    "where",
    "good",
    "hope",
    "tried",
    "mood",
    "self_safe",
    "changes",
    "violence_right",
    "danger",
    "category",
    "when",
    "home_unsafe",
)


def lines(script: Script, state: State, label: Callable[[str], str]) -> list[str]:
    """The summary, one line for each answered question that has a title in the sheet.

    label: the words of a message or button id in the reader's language.
    """
    found: list[tuple[int, str]] = []
    for scene in script.scenes.values():
        picked = state.picked.get(scene.id)
        if picked is not None and scene.summary:
            found.append((_place(scene, picked), f"{label(scene.summary)}: {label(picked)}"))
    return [
        line for _, line in sorted(found, key=lambda each: each[0])
    ]  # stable: the order of the sheets decides ties


def _place(scene: Scene, picked: str) -> int:
    names = [name for button in _buttons(scene) if button.id == picked for name, _ in button.sets]
    return min((ORDER.index(name) for name in names if name in ORDER), default=len(ORDER))


def _buttons(scene: Scene) -> list[Button]:
    return [button for step in scene.steps if isinstance(step, Choose | Listen) for button in step.buttons]
