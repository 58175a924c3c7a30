"""How many messages a bot may send: off by default, or the limits Telegram documents.

The true limits are unspecified and vary, so code under test must obey `retry_after`, not these numbers.
Source: core.telegram.org/bots/faq, "My bot is hitting limits, how do I avoid this?".
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class FloodPolicy:
    """Limits as (messages, seconds); None means no limit."""

    per_chat: tuple[int, float] | None = None
    per_group: tuple[int, float] | None = None
    overall: tuple[int, float] | None = None
    sent: dict[str, deque[float]] = field(default_factory=dict)

    @classmethod
    def off(cls) -> FloodPolicy:
        return cls()

    @classmethod
    def documented(cls) -> FloodPolicy:
        """1/s per chat with a burst of 3, 20/min in a group, 30/s overall."""
        return cls(per_chat=(3, 3.0), per_group=(20, 60.0), overall=(30, 1.0))

    def wait_for(self, bot_id: int, chat_id: int, now: float) -> int:
        """Seconds to wait before this message; 0 means it may go, and it is counted."""
        rules: list[tuple[str, tuple[int, float] | None]] = [
            (f"{bot_id}", self.overall),
            (f"{bot_id}/{chat_id}", self.per_group if chat_id < 0 else self.per_chat),
        ]
        windows: list[deque[float]] = []
        wait = 0.0
        for key, rule in rules:
            if rule is None:
                continue
            count, seconds = rule
            window = self.sent.setdefault(key, deque())
            while window and window[0] <= now - seconds:
                window.popleft()
            if len(window) >= count:
                wait = max(wait, window[0] + seconds - now)
            windows.append(window)
        if wait > 0:
            return max(1, math.ceil(wait))
        for window in windows:
            window.append(now)
        return 0
