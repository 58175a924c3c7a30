"""A script as it was written: English, with samples for facts. For previews and tests, never for families."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dialogs.match import also_words
from dialogs.script import FACTS, NUMBERS, Script
from dialogs.state import State

USUAL: Final[Mapping[str, str]] = {
    "level": "T3",
    "hours": "open",
    "on_call": "no",
    "numbers_known": "yes",
    "services_known": "yes",
    "case_open": "no",
}


@dataclass(frozen=True)
class EnglishKnown:
    """What is known about an imagined family on an ordinary day; `given` overrides derived names."""

    script: Script
    given: Mapping[str, str] = field(default_factory=dict)
    languages: Sequence[tuple[str, str]] = (("en", "English"), ("de", "Deutsch"), ("ar", "العربية"))

    def labels(self, message_id: str, everywhere: bool) -> Sequence[str]:
        label = self.script.messages.get(message_id)
        also = self.script.messages.get(f"{message_id}.also")
        return (*((label.text,) if label else ()), *(also_words(also.text) if also else ()))

    def derived(self, name: str, state: State) -> str:
        return self.given.get(name, USUAL[name])


def english(script: Script, facts: Mapping[str, str] | None = None) -> Callable[[str, State], str]:
    """A renderer of the source text; a fact that is not given shows its sample."""
    values = {**FACTS, **(facts or {})}

    def render(message_id: str, state: State) -> str:
        message = script.messages[message_id]
        one = message.one and any(values[name] == "1" for name in NUMBERS if f"{{{name}}}" in message.text)
        return (message.one if one else message.text).format_map(values)

    return render
