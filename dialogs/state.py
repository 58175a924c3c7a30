"""Where a talk stands: plain values with a version, small enough to seal and save after every turn.

Rule 1: State holds codes and ids only; the one exception does not exist - a family's words go out as `Kept`.
Rule 2: `from_json(to_json(s)) == s`; a state of an older version is raised step by step on reading.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    scene: str = ""  # full id of the scene that waits; "" before the first contact
    asked: int = 0  # counts every asking; a tap names the asking it belongs to
    answers: Mapping[str, str] = field(default_factory=dict)  # name -> value, both from the sheet
    picked: Mapping[str, str] = field(default_factory=dict)  # scene id -> button id, for the summary
    agreed: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()  # scenes to come back to, innermost last
    trail: tuple[str, ...] = ()  # questions already passed, for Back
    misses: int = 0  # answers in a row that were not understood
    over: bool = False
    v: int = VERSION


# from version -> a function that lifts the plain values to the next one. Never edit a step that was released.
LIFTS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def to_json(state: State) -> str:
    return json.dumps(asdict(state), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> State:
    """Read a saved state of any released version.

    Raises ValueError when it was written by a newer Beside.
    """
    raw = json.loads(text)
    while raw["v"] < VERSION:
        raw = LIFTS[raw["v"]](raw)
    if raw["v"] != VERSION:
        raise ValueError(f"this talk was saved by a newer version ({raw['v']} > {VERSION})")
    for name in ("agreed", "returns", "trail"):
        raw[name] = tuple(raw[name])
    return State(**raw)


def with_answer(state: State, name: str, value: str) -> State:
    return replace(state, answers={**state.answers, name: value})
