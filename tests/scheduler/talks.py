"""Talks for the tests, and moments as the clock on their wall shows them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from scheduler.rules import Talk, to_utc

VIENNA = "Europe/Vienna"
TALK = Talk(keep="follow", mode="script", zone=VIENNA, country="AT", window="weekday-morning")

# Both hemispheres, half hours, jumps at midnight, half an hour of summer time, a pause for Ramadan.
ZONES = (
    VIENNA,
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Niue",
)


def talk(**changes: Any) -> Talk:
    return replace(TALK, **changes)


def wall(text: str, zone: str = VIENNA) -> datetime:
    return to_utc(datetime.fromisoformat(text), zone)
