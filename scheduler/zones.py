"""Which clock hangs on a family's wall, guessed from their country; they are asked when it is not certain.

The tables are tzdb's own `zone.tab` and zone files from the pinned `tzdata` package (security R14).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# tzdb follows ISO 3166, which has no code for Kosovo; the clocks there are those of Belgrade.
_MISSING = {"XK": ("Europe/Belgrade",)}
# tzdb lists most countries from their main zone on, these from an island or an end: take the capital.
_CAPITALS = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
}


@dataclass(frozen=True, slots=True)
class Guess:
    zone: str
    certain: bool  # False: the country has clocks that differ, so ask


def zones(country: str) -> tuple[str, ...]:
    """Every zone of a country (two-letter code), in tzdb's order; none for an unknown country."""
    return _table().get(country, ())


@cache
def guess(country: str) -> Guess | None:
    """The zone to propose for a country; None for an unknown one.

    Zones that show the same time from now on count as one clock, so Germany with its enclave is certain.
    """
    found = zones(country)
    if not found:
        return None
    return Guess(_CAPITALS.get(country, found[0]), certain=len({_clock(zone) for zone in found}) == 1)


@cache
def _table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            table[country] = (*table.get(country, ()), zone)
    return table | _MISSING


@cache
def _clock(zone: str) -> bytes:
    """The rule a zone follows from now on: the last line of its file (RFC 8536, footer)."""
    return (
        files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes().rstrip(b"\n").rsplit(b"\n", 1)[1]
    )
