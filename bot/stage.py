"""The stage: a talk on paper in any language, with the words as they are in the files. Never for families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialogs.english import USUAL
from dialogs.play import Render, Voice
from dialogs.script import FACTS, NUMBERS, Script
from dialogs.state import State
from handoff.levels import level
from locales import languages
from locales.files import languages_here
from locales.render import Words, labels, render
from locales.update import edition_words

# A fact stands in a transcript by its name, so that the same talk reads the same on every channel and every day.
NAMES: Mapping[str, str] = {name: FACTS[name] if name in NUMBERS else f"{{{name}}}" for name in FACTS}


@dataclass(frozen=True)
class Paper:
    """What is known of an imagined family on an ordinary day, in one language."""

    words: Mapping[str, Words]
    lang: str
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        return [(lang, languages.own_name(lang)) for lang in self.words]

    def labels(self, message: str, everywhere: bool) -> Sequence[str]:
        spoken = self.words.values() if everywhere else [self.words[self.lang]]
        return tuple(
            dict.fromkeys(said for words in spoken if message in words for said in labels(words, message))
        )

    def derived(self, name: str, state: State) -> str:
        if name == "level":
            return self.given.get(name, level(state.answers).level)
        return self.given.get(name, USUAL[name])


def all_words(script: Script) -> dict[str, Words]:
    """The words of every language somebody began, English first. Raises BadFile."""
    return {lang: Words(lang, edition_words(script, lang)) for lang in (languages.SOURCE, *languages_here())}


def voice(words: Mapping[str, Words], given: Mapping[str, str] | None = None) -> Voice:
    """How the player speaks a language, once it was chosen."""

    def speak(lang: str) -> tuple[Paper, Render]:
        spoken = words[lang]

        def said(message: str, state: State) -> str:
            text = render(spoken, message, NAMES, register=state.answers.get("register", ""))
            return text.replace("\u2068", "").replace("\u2069", "")

        return Paper(words, lang, given or {}), said

    return speak
