"""Things that go wrong on purpose: refused, lost, late or broken answers, and odd updates."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from .model import Bot, Json
from .params import Params
from .updates import MESSAGE_TTL, Pending
from .world import World

KINDS = frozenset({"error", "bad_gateway", "hang", "act_then_drop", "drop", "truncate", "delay"})
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502</h1></body>\r\n</html>\r\n"
)


@dataclass(slots=True)
class Fault:
    """One planned failure of one method, `times` times."""

    kind: str
    method: str
    times: int = 1
    code: int = 500
    description: str = "Internal Server Error"
    parameters: dict[str, int] | None = None
    seconds: float = 0.0
    chat_id: int | None = None
    bot_id: int | None = None

    def fits(self, method: str, bot: Bot, params: Params) -> bool:
        if self.method not in {"*", method} or self.times <= 0:
            return False
        if self.bot_id is not None and self.bot_id != bot.id:
            return False
        return self.chat_id is None or params.text("chat_id") == str(self.chat_id)


class Faults:
    """Plans failures; the first that fits a call is used up by it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.planned: list[Fault] = []

    def add(self, kind: str, method: str = "*", times: int = 1, **more: Any) -> Fault:
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        fault = Fault(kind, method, times, **more)
        self.planned.append(fault)
        return fault

    def take(self, method: str, bot: Bot, params: Params) -> Fault | None:
        fault = next((fault for fault in self.planned if fault.fits(method, bot, params)), None)
        if fault is not None:
            fault.times -= 1
        return fault

    def clear(self) -> None:
        self.planned.clear()

    def error(self, method: str, code: int, description: str, times: int = 1, **more: Any) -> Fault:
        """Refuses without acting."""
        return self.add("error", method, times, code=code, description=description, **more)

    def flood(self, method: str = "sendMessage", retry_after: int = 3, times: int = 1, **more: Any) -> Fault:
        """429 with retry_after, without acting."""
        text = f"Too Many Requests: retry after {retry_after}"
        return self.error(method, 429, text, times, parameters={"retry_after": retry_after}, **more)

    def bad_gateway(self, method: str = "*", times: int = 1, **more: Any) -> Fault:
        """502 with an HTML body, without acting."""
        return self.add("bad_gateway", method, times, **more)

    def hang(self, method: str, times: int = 1, **more: Any) -> Fault:
        """No answer and no act, until the caller gives up."""
        return self.add("hang", method, times, **more)

    def act_then_drop(self, method: str, times: int = 1, **more: Any) -> Fault:
        """Does it, then cuts the connection: the caller cannot know."""
        return self.add("act_then_drop", method, times, **more)

    def drop(self, method: str, times: int = 1, **more: Any) -> Fault:
        """Cuts the connection without acting."""
        return self.add("drop", method, times, **more)

    def truncate(self, method: str, times: int = 1, **more: Any) -> Fault:
        """Does it, then answers with half of the JSON."""
        return self.add("truncate", method, times, **more)

    def delay(self, method: str, seconds: float, times: int = 1, **more: Any) -> Fault:
        """Does it, `seconds` late on the server's clock."""
        return self.add("delay", method, times, seconds=seconds, **more)

    # Odd updates

    def raw_update(self, bot: Bot, body: Json, queue_key: str = "odd") -> int:
        """Any body at all as the next update; it gets an update_id when it has none."""
        queue = bot.queue
        number = int(body.get("update_id", queue.next_id))
        queue.next_id = max(queue.next_id, number + 1)
        expires = self._world.time.now() + MESSAGE_TTL
        queue.insert(Pending(number, "odd", {"update_id": number, **body}, queue_key, expires))
        return number

    def unknown_update(self, bot: Bot) -> int:
        """A kind of update from the future."""
        return self.raw_update(bot, {"thought_transferred": {"id": "1", "clarity": 0.5}})

    def malformed_update(self, bot: Bot, person_id: int) -> int:
        """An old forward with a hidden author and no author name: strict decoders fail (aiogram#1840)."""
        user = {"id": person_id, "is_bot": False, "first_name": "Odd"}
        message = {
            "message_id": 1,
            "from": user,
            "chat": {"id": person_id, "type": "private", "first_name": "Odd"},
            "date": self._world.time.unix(),
            "forward_origin": {"type": "hidden_user", "date": self._world.time.unix()},
            "text": "forwarded long ago",
        }
        return self.raw_update(bot, {"message": message}, f"chat:{person_id}")

    def duplicate_update(self, bot: Bot) -> int:
        """The newest update once more, with the same update_id."""
        last = bot.queue.made[-1]
        again = Pending(last.id, last.kind, copy.deepcopy(last.body), last.queue_key, last.expires_at)
        bot.queue.insert(again)
        return last.id

    def swap_newest(self, bot: Bot) -> None:
        """The two newest waiting updates change places; their ids stay with them."""
        pending = bot.queue.pending
        if len(pending) > 1:
            pending[-1], pending[-2] = pending[-2], pending[-1]
            bot.queue.changed.fire()
