"""A local Telegram Bot API server, for development and tests only.

What lives here: a small in-memory messenger that speaks the Bot API over loopback HTTP.
It may import: the standard library, aiohttp, and aiogram's method models (to check requests).
It must never: import Beside's own rooms, reach the network beyond loopback, or be shipped or deployed.
It was never run against the real service: README.md says what rests on source, on docs, and on guesses.
"""

from .api import BotApi
from .clock import ManualClock
from .flood import FloodPolicy
from .person import Group, Line, Person, Tap

__all__ = ["BotApi", "FloodPolicy", "Group", "Line", "ManualClock", "Person", "Tap"]
