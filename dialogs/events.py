"""What can happen to a talk. A channel's update is decoded into one of these; nothing else comes in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """A first contact or `/start`; `hint`: a campaign's language, never personal (practice 2.3 arrival)."""

    hint: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A tap. `button` is a full button id, `lang:xx` for a language, or "" when nobody knows it."""

    button: str
    asked: int  # which asking of the talk the button was shown with


@dataclass(frozen=True, slots=True)
class Showed:
    """Something that is not a new text: a photo, a voice note, a file, or "edited". It is not kept (security A10)."""

    kind: str


@dataclass(frozen=True, slots=True)
class CameDue:
    """A follow-up that came due and may be sent now."""

    plan: str
    scene: str


@dataclass(frozen=True, slots=True)
class CaseClosed:
    outcome: str
    scene: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """An update nobody could read. The person is told so; the raw words wait in quarantine."""


Event = Started | Wrote | Pressed | Showed | CameDue | CaseClosed | Garbled
