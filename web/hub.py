"""Who waits for which talk: open pages listen, the post tells them. It holds no words, only numbers of talks.

Rule 1: listen first, then read, then wait. A call between reading and waiting is heard.
Rule 2: nobody may rely on being told: another process may have written, so a listener looks again by itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Ear:
    """One open page (or one form that waits a moment for its answer)."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until something may have changed; False after `seconds` of silence."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Hub:
    """The bell board of one process and one event loop."""

    def __init__(self) -> None:
        self._ears: defaultdict[int, set[Ear]] = defaultdict(set)
        self._closed = False

    def tell(self, conversation_id: int) -> None:
        """Something new waits in this talk's outbox. Call it after the commit."""
        for ear in self._ears.get(conversation_id, ()):
            ear.ring()

    @contextmanager
    def listen(self, conversation_id: int) -> Iterator[Ear]:
        ear = Ear()
        ear.closed = self._closed
        self._ears[conversation_id].add(ear)
        try:
            yield ear
        finally:
            ears = self._ears[conversation_id]
            ears.discard(ear)
            if not ears:
                del self._ears[conversation_id]

    def listening(self, conversation_id: int) -> int:
        return len(self._ears.get(conversation_id, ()))

    def close(self) -> None:
        """The house shuts: every page's stream ends now, so the server need not wait for them."""
        self._closed = True
        for ears in self._ears.values():
            for ear in ears:
                ear.closed = True
                ear.ring()
