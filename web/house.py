"""What the web needs from the rest of the house. `bot/house.py` fills it; tests do so with real parts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from typing import NamedTuple, TypedDict

from storage.vault import Vault
from storage.work import Database
from web.hub import Hub


class Language(NamedTuple):
    """One language on offer. `name` is its own name for itself, `dir` is "ltr" or "rtl"."""

    code: str
    name: str
    dir: str
    draft: bool


class Number(TypedDict):
    what: str  # "Police", "All emergencies"; in the card's language
    number: str


class Card(TypedDict):
    """The emergency card in one language, rendered beforehand: it is shown when everything else is broken."""

    country: str  # the country it is for, "" when none is known
    numbers: Sequence[Number]
    lines: Sequence[str]
    countries: Sequence[tuple[str, str]]  # other countries to choose from: code, name in the card's language


@dataclass(frozen=True)
class WebHouse:
    """Everything the pages use. `https`: how families reach us, whatever stands in front of this process."""

    db: Database
    vault: Vault
    clock: Callable[[], datetime]
    token: Callable[[], str]  # 256 random bits in letters, digits, - and _ (secrets.token_urlsafe)
    wake: Callable[[], None]  # tells the turn that the inbox has a row
    changed: Hub  # told by the post when a talk has something new to show
    languages: Sequence[Language]  # the first one is served to browsers that speak none of them
    interface: Callable[[str], NullTranslations]
    card: Callable[[str, str], Card]  # language, country or ""; no database behind it
    service_name: str  # the neutral public name
    outside: str  # where the quick exit leads: a neutral page of somebody else, https://...
    https: bool
    example: bool
    ready: Callable[[], Awaitable[bool]]
