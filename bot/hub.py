"""Who is waiting for news in this process: a bell, not a store. Whoever hears it reads the database."""

import asyncio


class Hub:
    """Rings when rows changed; waiting is safe against a ring that came a moment earlier."""

    def __init__(self) -> None:
        self._rings = 0
        self._bell = asyncio.Event()

    @property
    def rings(self) -> int:
        return self._rings

    def changed(self) -> None:
        self._rings += 1
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def wait(self, heard: int, seconds: float) -> int:
        """Wait until there were more than `heard` rings, or `seconds` have passed; returns the count of rings."""
        if self._rings == heard:
            try:
                async with asyncio.timeout(seconds):
                    await self._bell.wait()
            except TimeoutError:
                pass
        return self._rings
