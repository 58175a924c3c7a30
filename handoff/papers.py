"""Takes values out of a filled-in file and notes everything that is wrong, not only the first thing."""

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any


class Paper:
    """One table of the file. Every problem is a sentence that names the key; parts share the list."""

    def __init__(self, values: Mapping[str, Any], problems: list[str] | None = None, at: str = "") -> None:
        self.problems: list[str] = [] if problems is None else problems
        self._values = values
        self._at = at
        self._asked: set[str] = set()
        self._parts: list[Paper] = []

    def note(self, key: str, wrong: str) -> None:
        self.problems.append(f"{self._at}{key}: {wrong}.")

    def part(self, key: str) -> "Paper":
        """The table of this name; when it is missing an empty one, so that each of its keys is told."""
        found = self._take(key)
        if found is not None and not isinstance(found, dict):
            self.note(key, f"must be a table, written as [{self._at}{key}]")
            found = None
        part = Paper(found or {}, self.problems, f"{self._at}{key}.")
        self._parts.append(part)
        return part

    def text(self, key: str, wanted: str, most: int = 200, needed: bool = True) -> str:
        found = self._take(key)
        if found is None or found == "":
            if needed:
                self.note(key, f"is missing; wanted: {wanted}")
            return ""
        if not isinstance(found, str) or not found.strip() or len(found) > most or "\n" in found:
            self.note(key, f"must be one line of text with at most {most} letters")
            return ""
        return found.strip()

    def whole(self, key: str, least: int, most: int) -> int:
        found = self._take(key)
        if type(found) is not int or not least <= found <= most:  # bool is an int, and is not meant
            self.note(key, f"must be a whole number from {least} to {most}")
            return least
        return found

    def flag(self, key: str) -> bool:
        found = self._take(key)
        if not isinstance(found, bool):
            self.note(key, "must be true or false")
            return False
        return found

    def words(self, key: str, wanted: str) -> tuple[str, ...]:
        found = self._take(key)
        if (
            not isinstance(found, list)
            or not found
            or not all(isinstance(each, str) and each for each in found)
        ):
            self.note(key, f"must be a list; wanted: {wanted}")
            return ()
        if len(set(found)) < len(found):
            self.note(key, "must name each thing once")
        return tuple(dict.fromkeys(found))

    def day(self, key: str, today: date, needed: bool = False) -> date | None:
        found = self._take(key)
        if found is None and not needed:
            return None
        if not isinstance(found, date) or isinstance(found, datetime) or found > today:
            self.note(key, "must be a date such as 2026-10-31 that is not in the future")
            return None
        return found

    def days(self, key: str) -> tuple[date, ...]:
        found = self._take(key) or []
        if not isinstance(found, list) or not all(type(each) is date for each in found):
            self.note(key, "must be a list of dates such as 2026-12-24")
            return ()
        return tuple(found)

    def forget(self, *keys: str) -> None:
        """These keys may stand in the file and mean nothing now."""
        self._asked.update(keys)

    def nothing_else(self) -> None:
        """Note every key nobody asked for: a misspelt promise must not pass in silence."""
        for key in sorted(self._values.keys() - self._asked):
            near = get_close_matches(key, sorted(self._asked), n=1)
            self.note(key, "is not a key here" + (f"; is {near[0]} meant?" if near else ""))
        for part in self._parts:
            part.nothing_else()

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self._values.get(key)
