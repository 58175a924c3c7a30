"""What a channel is: accept raw, decode one, send, clear, and a table of what it can and cannot do.

The capability table drives rendering and the sentences about anonymity, so these cannot become untrue (DESIGN 6).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from dialogs.events import Showed, Started, Wrote
from storage.outbox import Sending


@dataclass(frozen=True, slots=True)
class Capabilities:
    text_most: int  # code points in one message
    buttons_most: int
    sees: str  # words-file id of the sentence that says what we see of a person here
    clears: str  # words-file id of the sentence that says what Hide can clear here
    clear_back: timedelta | None  # how far back messages can be cleared; None: nothing stays on the phone
    pushes: bool  # can reach a person who is not looking
    pace: float  # messages a second for the whole channel, 0 = no limit
    pace_each: float  # seconds between two messages to one person


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button came back; which one it was, the turn finds out."""

    token: str


@dataclass(frozen=True, slots=True)
class Said:
    """An always-there word by its name, from a page that offers them as controls."""

    word: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The person blocked us: nothing more may be sent (security R7)."""


@dataclass(frozen=True, slots=True)
class Back:
    """The person let us write again."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """An update that asks for no answer, with a code that says why."""

    why: str


Heard = Started | Wrote | Showed | Tapped | Said | Gone | Back | Nothing


class Unreadable(Exception):
    """No library could read this update. Carries nothing of it."""


class OuterError(Exception):
    """The channel's fault. `kind` is later (surely not sent), refused, gone (blocked) or unknown.

    `code`: the channel's own number for it, for the operator's log; 0 when it gave none.
    """

    def __init__(self, kind: str, retry_after: float = 0.0, code: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after
        self.code = code


class Channel(Protocol):
    name: str
    can: Capabilities

    def decode(self, body: bytes) -> Heard:
        """One update. Raises Unreadable."""

    async def send(self, sending: Sending) -> str | None:
        """Send one message; returns the channel's own reference to it. Raises OuterError."""

    async def clear(self, sending: Sending) -> None:
        """Delete messages in the person's chat, as far as the channel lets us. Raises OuterError."""
