"""Compares accepted requests with aiogram's models of the Bot API: unknown names, wrong types.

The real service ignores unknown parameters in silence, so a misspelt one is never noticed there;
here it becomes a line in `api.warnings`. aiogram is imported on first use (it is slow to import).
"""

from __future__ import annotations

import functools
import json
from typing import Any

from .params import Params

PLACEHOLDER = "attach://file"
KNOWN_ELSEWHERE = {"allow_sending_without_reply", "reply_to_message_id", "disable_web_page_preview"}


@functools.cache
def models() -> dict[str, Any]:
    """Request models by lower-case method name."""
    import aiogram.methods

    found: dict[str, Any] = {}
    for name in aiogram.methods.__all__:
        model = getattr(aiogram.methods, name)
        api_method = getattr(model, "__api_method__", None)
        if isinstance(api_method, str):
            found[api_method.lower()] = model
    return found


def _unwrap(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _extra(value: Any, where: str) -> list[str]:
    """Names that no model knows, also inside nested objects."""
    if isinstance(value, list | tuple):
        return [line for number, item in enumerate(value) for line in _extra(item, f"{where}[{number}]")]
    fields = getattr(type(value), "model_fields", None)
    if fields is None:
        return []
    lines = [f"{where}.{name}: no such field" for name in (value.model_extra or {})]
    for name in fields:
        lines += _extra(getattr(value, name), f"{where}.{name}")
    return lines


@functools.cache
def _returning(method: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(models()[method.lower()].__returning__)


def compare_answer(method: str, result: Any) -> list[str]:
    """What aiogram's models find wrong with one of this server's own answers."""
    from pydantic import ValidationError

    try:
        return _extra(_returning(method).validate_python(result), f"{method} answer")
    except ValidationError as problem:
        return [f"{method} answer: {error['loc']}: {error['msg']}" for error in problem.errors()]


def compare(method: str, params: Params) -> list[str]:
    """What is wrong with an accepted request; empty when nothing is."""
    from pydantic import ValidationError

    model = models().get(method.lower())
    if model is None:
        return [f"{method}: aiogram has no such method"]
    names = set(model.model_fields) | {field.alias for field in model.model_fields.values() if field.alias}
    used = {name for value in params.values.values() if isinstance(value, str) and value.startswith("attach://")
            for name in [value.removeprefix("attach://")]}  # fmt: skip
    lines = [
        f"{method}: unknown parameter {name}"
        for name in [*params.values, *params.uploads]
        if name not in names and name not in used
    ]
    given = {name: value for name, value in params.values.items() if name in names and value is not None}
    given.update({name: PLACEHOLDER for name in params.uploads if name in names})
    try:
        checked = model.model_validate(given)
    except ValidationError:
        try:
            checked = model.model_validate({name: _unwrap(value) for name, value in given.items()})
        except ValidationError as problem:
            return lines + [f"{method}: {error['loc']}: {error['msg']}" for error in problem.errors()]
    for name in model.model_fields:
        lines += _extra(getattr(checked, name), f"{method}.{name}")
    return lines
