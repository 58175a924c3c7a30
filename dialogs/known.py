"""What the engine may ask the rooms above. They answer; they never call."""

from collections.abc import Sequence
from typing import Protocol

from dialogs.state import State


class Known(Protocol):
    """What the rooms above know and the engine may ask."""

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        """The languages on offer: code and own name."""

    def labels(self, message_id: str, everywhere: bool) -> Sequence[str]:
        """A button's label and its other words: in the talk's language, or in every language."""

    def derived(self, name: str, state: State) -> str:
        """A value that is worked out and never set by a sheet, see `script.DERIVED`."""
