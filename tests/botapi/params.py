"""Request parameters: however they came in (query, form, JSON, multipart), read the same way.

Source: Client.cpp to_bool, get_integer_arg, get_message_id, get_chat_id; Query.h arg.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .errors import ApiError


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body."""

    field: str
    filename: str
    content_type: str
    data: bytes


class Params:
    """Values by lower-case name; nested values may be JSON text or already decoded."""

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}

    def has(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def integer(self, name: str, default: int = 0, low: int | None = None, high: int | None = None) -> int:
        """Numbers outside the range are moved into it; what is no number is the default."""
        try:
            value = int(self.text(name).strip() or default)
        except ValueError:
            value = default
        if low is not None:
            value = max(low, value)
        if high is not None:
            value = min(high, value)
        return value

    def json(self, name: str, error: str) -> Any:
        """A nested value, or None when absent; `error` names the refusal for unreadable JSON."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as problem:
            raise ApiError(error) from problem

    def loggable(self) -> dict[str, Any]:
        shown = {name: value for name, value in self.values.items() if value is not None}
        shown.update({name: f"<{len(upload.data)} bytes>" for name, upload in self.uploads.items()})
        return shown
