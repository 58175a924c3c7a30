"""What the engine may ask for. Effects are data; the turn carries them out in order, in one transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """Say one message. The last one of a turn that waits for an answer carries the buttons."""

    message: str
    buttons: tuple[str, ...] = ()  # full button ids, in order
    languages: bool = False  # also one button for each language on offer
    urgent: bool = (
        False  # safety and handoff texts go first and are sent once more when the outcome is unknown
    )
    always: bool = True  # show the always-there row


@dataclass(frozen=True, slots=True)
class Kept:
    """The family's own words, to be sealed for the counsellor. Only after `limits` was agreed (promise 5)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    queue: str
    urgent: bool
    because: str


@dataclass(frozen=True, slots=True)
class Planned:
    plan: str
    scene: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Every planned note of this family is off."""


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    lang: str


@dataclass(frozen=True, slots=True)
class Agreed:
    to: str


@dataclass(frozen=True, slots=True)
class HideMe:
    """Clear the chat as far as the channel can, and stay silent for 24 hours."""


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Destroy everything that is kept about this family."""


@dataclass(frozen=True, slots=True)
class Ignored:
    why: str  # a code: old-button, over, hidden, unreadable, ...


Effect = (
    Said | Kept | HandedOver | Planned | Cancelled | LanguageChosen | Agreed | HideMe | ForgetMe | Ignored
)
