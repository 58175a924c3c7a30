"""Every method this server knows, by its lower-case name. What is not here is 404, never a silent true."""

from __future__ import annotations

from . import changing, places, polling, profile, sending
from .request import Handler

NAMES: dict[str, Handler] = {
    **profile.METHODS,
    **polling.METHODS,
    **sending.METHODS,
    **changing.METHODS,
    **places.METHODS,
}
METHODS: dict[str, tuple[str, Handler]] = {name.lower(): (name, handler) for name, handler in NAMES.items()}
NOT_IN_A_REPLY = frozenset({"setwebhook", "deletewebhook", "close", "logout"})


def allowed_in_reply(name: str) -> bool:
    """A webhook answer may carry a method, except get* and those that change how updates arrive."""
    return not name.lower().startswith("get") and name.lower() not in NOT_IN_A_REPLY
