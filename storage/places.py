"""Where each sealed cell lies. The name goes into the seal: a cell that was moved does not open.

A name that was released is never changed: it would lock every cell that is sealed under it.
"""

from datetime import UTC, datetime


def state(conversation_id: int) -> str:
    return f"conversations.state:{conversation_id}"


def code(conversation_id: int) -> str:
    return f"conversations.code:{conversation_id}"


def address(pid: str) -> str:
    return f"addresses.sealed:{pid}"


def body(channel: str, outer_id: str) -> str:
    return f"inbox.body:{channel}:{outer_id}"


def payload(key: str) -> str:
    return f"outbox.payload:{key}"


def text(conversation_id: int, name: str, at: datetime) -> str:
    return f"texts.sealed:{conversation_id}:{name}:{at.astimezone(UTC).isoformat()}"
