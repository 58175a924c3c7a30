"""A bot's queue of updates: kept until confirmed by offset, or until they are too old.

Source: tdlib/telegram-bot-api Client.cpp 15700-15724, 16321-16400 (getUpdates), 17053-17158 (lifetimes).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from .clock import Signal
from .model import Json

MESSAGE_TTL = 86_400.0
CALLBACK_TTL = 150.0
FUTURE = 10
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_KINDS = """
message edited_message channel_post edited_channel_post inline_query chosen_inline_result
callback_query shipping_query pre_checkout_query poll poll_answer my_chat_member chat_member
chat_join_request chat_boost removed_chat_boost message_reaction message_reaction_count
business_connection business_message edited_business_message deleted_business_messages
purchased_paid_media
"""
KINDS = _KINDS.split()


@dataclass(slots=True)
class Pending:
    """One update that the bot has not confirmed."""

    id: int
    kind: str
    body: Json
    queue_key: str
    expires_at: float


class UpdateQueue:
    """Update ids start at an arbitrary positive number and grow by one."""

    def __init__(self, now: Callable[[], float], random: Random) -> None:
        self._now = now
        self.next_id = random.randrange(100_000_000, 900_000_000)
        self.pending: deque[Pending] = deque()
        self.allowed: frozenset[str] | None = None
        self.changed = Signal()
        self.poll_serial = 0
        self.poll_end = "conflict_poll"
        self.last_offset: int | None = None
        self.last_asked_at = -1e18
        self.last_conflict_at = -1e18
        self.made: list[Pending] = []

    def wants(self, kind: str) -> bool:
        return kind not in NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed

    def allow(self, kinds: list[str]) -> None:
        """Remembers the filter; an empty list (or only unknown names) means the default."""
        known = frozenset(kind for kind in kinds if kind in KINDS)
        self.allowed = known or None

    def put(self, kind: str, payload: Any, queue_key: str, ttl: float) -> Pending | None:
        if not self.wants(kind):
            return None
        update = Pending(
            self.next_id, kind, {"update_id": self.next_id, kind: payload}, queue_key, self._now() + ttl
        )
        self.next_id += 1
        self.insert(update)
        return update

    def insert(self, update: Pending) -> None:
        self.pending.append(update)
        self.made.append(update)
        self.changed.fire()

    def expire(self) -> None:
        now = self._now()
        if any(update.expires_at <= now for update in self.pending):
            self.pending = deque(update for update in self.pending if update.expires_at > now)

    def confirm(self, offset: int) -> None:
        """A positive offset forgets everything below it; a negative one keeps only the last ones.

        An offset more than ten beyond the end is taken for a mistake and ignored (td TQueue.cpp get).
        """
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        elif 0 < offset <= self.next_id + FUTURE and any(update.id < offset for update in self.pending):
            self.pending = deque(update for update in self.pending if update.id >= offset)

    def take(self, limit: int) -> list[Pending]:
        self.expire()
        return [update for update, _ in zip(self.pending, range(limit), strict=False)]

    def forget(self, update_id: int) -> None:
        self.pending = deque(update for update in self.pending if update.id != update_id)

    def raw(self) -> str:
        """All pending updates as JSON text, for people who look at the queue by hand."""
        self.expire()
        return json.dumps([update.body for update in self.pending], ensure_ascii=False)
