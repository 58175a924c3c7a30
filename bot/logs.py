"""What the house may say about itself: event codes, keyed ids and numbers, by an allow-list (security F3).

Rule 1: a value whose name is not in ALLOWED is dropped and counted; free text cannot be logged by mistake.
Rule 2: an exception is its type and our own frames' file:line - never its message, arguments or locals.
Rule 3: other people's log records are reduced to their template, without arguments.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "channel",
        "code",
        "count",
        "seconds",
        "row",
        "kind",
        "state",
        "where",
        "what",
        "port",
        "dropped",
    }
)
LONGEST = 200  # letters of one value
HOUSE = Path(__file__).resolve().parent.parent
QUIET = (
    "httpx",
    "httpcore",
    "aiohttp.access",
    "aiogram",
    "apscheduler",
    "uvicorn.access",
    "uvicorn.error",
    "asyncio",
)


def frames(error: BaseException) -> str:
    """Type and our own lines of an error: `ValueError bot/turn.py:88 < bot/house.py:40`."""
    own = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(HOUSE) and ".venv" not in path.parts:
            own.append(f"{path.relative_to(HOUSE).as_posix()}:{frame.lineno}")
    return " < ".join([type(error).__name__, *reversed(own[-4:])])


def only_allowed(_: Any, __: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {name: value for name, value in record.items() if name in ALLOWED}
    for name, value in kept.items():
        if not isinstance(value, int | float | bool) and len(str(value)) > LONGEST:
            kept[name] = str(value)[:LONGEST]
    if len(kept) != len(record):
        kept["dropped"] = len(record) - len(kept)
    return kept


class Foreign(logging.Handler):
    """Other libraries' warnings, without their arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        where = f"{record.name}:{record.lineno}"
        log("foreign", level=record.levelname.lower(), where=where)


def set_up(out: Any = None) -> None:
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(out or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [Foreign(logging.WARNING)]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.ERROR)
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log("stopped-by-a-bug", level="critical", what=frames(error))


def log(event: str, *, level: str = "info", **facts: Any) -> None:
    """One line: an event code and facts from the allow-list."""
    structlog.get_logger().msg(event, level=level, **facts)
