"""Time as the server sees it: an injectable clock, jumps, and waits that a jump can wake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Clock = Callable[[], float]


class ManualClock:
    """A clock that stands still until it is moved; pass it as `clock=`."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


class Signal:
    """Wakes everybody who waits for something to change; never misses, never needs a lock."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def fire(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()

    async def wait(self, timeout: float | None = None) -> bool:
        """True when fired, False when `timeout` real seconds went by first."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait_for(future, timeout)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(future)
        return True

    async def until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Waits until `ready()` holds; False after `timeout` real seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while not ready():
            left = end - loop.time()
            if left <= 0 or not await self.wait(left):
                return ready()
        return True


class Timekeeper:
    """The injected clock plus jumps; durations are measured on it, so tests need not sleep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = 0.0
        self._moved = Signal()

    def now(self) -> float:
        return self._clock() + self._offset

    def unix(self) -> int:
        return int(self.now())

    def jump(self, seconds: float) -> None:
        """Moves time (also backwards) and wakes whoever waits for it."""
        self._offset += seconds
        self._moved.fire()

    async def sleep(self, seconds: float) -> None:
        """Waits on the server's clock, not on the wall."""
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            await self._moved.wait(left)
