"""The emergency card for the web page, worked out in memory: it is there when the database is not."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from babel import Locale

from bot.known import Around
from handoff import emergency
from locales.dates import full_date, listed
from locales.languages import language
from locales.render import render
from web.house import Card, Number

CALL = "safety.call"
CALL_GENERAL = "safety.call-general"


def country_name(code: str, lang: str) -> str:
    names = Locale.parse(language(lang).locale).territories
    return str(names.get(code, code))


def cards(around: Around, clock: Callable[[], datetime]) -> Callable[[str, str], Card]:
    """The function the pages call: language and country ("" = unknown) to a finished card."""

    @cache
    def countries(lang: str) -> tuple[tuple[str, str], ...]:
        named = ((code, country_name(code, lang)) for code in emergency.countries())
        return tuple(sorted(named, key=lambda row: row[1]))

    def card(lang: str, country: str) -> Card:
        words = around.shelf.newest.words[lang]
        found = around.card(country, clock())
        numbers = [
            Number(what=render(words, f"pieces.number-{n.kind}", {}), number=n.number) for n in found.numbers
        ]
        if found.known and found.checked_on is not None:
            said = listed([f"{n['number']} ({n['what']})" for n in numbers], lang)
            facts = {"numbers": said, "numbers_checked": full_date(found.checked_on, lang)}
            lines = [render(words, CALL, facts)]
        else:
            numbers, lines = [], [render(words, CALL_GENERAL, {})]
        return Card(
            country=country_name(country, lang) if found.known else "",
            numbers=numbers,
            lines=lines,
            countries=countries(lang),
        )

    return card
