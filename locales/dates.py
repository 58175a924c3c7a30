"""Days and hours as people in each language write them: words and order come from CLDR."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, reduce
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time, get_timezone_location, parse_pattern
from babel.lists import format_list

from locales.languages import language

# CLDR keeps this word in its date-with-time patterns only.
CLOCK = {"de": "{} Uhr"}
MONDAY = date(2026, 11, 2)
FEWEST_FOR_RANGE = 3  # Monday and Tuesday, but Monday – Wednesday
Span = tuple[Sequence[int], time, time]  # days (0 is Monday), opens, closes


@cache
def _locale(lang: str) -> Locale:
    return Locale.parse(language(lang).locale)


@cache
def _day_pattern(lang: str) -> str:
    """CLDR's short day-with-weekday pattern, with both written out: `E, d. MMM` -> `EEEE, d. MMMM`.

    Stand-alone names (`c`, `L`) are never asked for: Babel 2.18 mixes them up between languages.
    """
    short = str(_locale(lang).datetime_skeletons["MMMEd"].pattern)
    return re.sub("[Ec]+", "EEEE", re.sub("[ML]+", "MMMM", short))


@cache
def _clock_pattern(lang: str) -> str:
    return str(_locale(lang).datetime_skeletons["Hm"].pattern)


@cache
def _side_by_side(lang: str) -> str:
    """How a day and its hour stand next to each other: `{0}, {1}`, in Arabic `{0}، {1}`."""
    said = str(_locale(lang).datetime_formats["medium"]).replace("{1}", "{day}").replace("{0}", "{1}")
    said = said.replace("{day}", "{0}")
    # A bare space lets the day and the hour read as one number; the comma of a list parts them.
    return str(_locale(lang).list_patterns["standard"]["middle"]) if said == "{0} {1}" else said


def listed(parts: Sequence[str], lang: str) -> str:
    """`112 (police), 144 (ambulance)`, with the comma or the word each language puts between them."""
    pattern = str(_locale(lang).list_patterns["standard"]["middle"])
    return reduce(pattern.format, parts) if parts else ""


def day(when: date, lang: str) -> str:
    """`Monday, 30 November`"""
    return parse_pattern(_day_pattern(lang)).apply(when, _locale(lang))


def full_date(when: date, lang: str) -> str:
    """`1 November 2026`"""
    return format_date(when, "long", locale=_locale(lang))


def clock(when: time, lang: str) -> str:
    """`17:00`, always by 24 hours."""
    said = format_time(when, _clock_pattern(lang), locale=_locale(lang))
    return CLOCK.get(lang, "{}").format(said)


def when(moment: datetime, lang: str, zone: ZoneInfo) -> str:
    """`Friday, 20 November, 17:00` as the wall clock of `zone` shows it. `moment` must know its own zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    local = moment.astimezone(zone)
    return _side_by_side(lang).format(day(local.date(), lang), clock(local.time(), lang))


def place(zone: ZoneInfo, lang: str) -> str:
    """`Vienna`: whose clock is meant."""
    return get_timezone_location(zone.key, locale=_locale(lang), return_city=True)


def hours_words(spans: Iterable[Span], lang: str) -> str:
    """`Monday – Friday, 10:00 – 15:00`; several spans stand on lines of their own."""
    beside = _side_by_side(lang).format
    lines = [beside(_days(days, lang), _from_to(opens, closes, lang)) for days, opens, closes in spans]
    return "\n".join(lines).replace("\u2009", " ")  # CLDR's thin spaces are boxes on old telephones


def _from_to(opens: time, closes: time, lang: str) -> str:
    return str(format_interval(opens, closes, "Hm", locale=_locale(lang)))


def _days(days: Sequence[int], lang: str) -> str:
    """`Monday – Friday`, `Monday, Wednesday`; three or more in a row become a range."""
    locale = _locale(lang)
    names = [format_date(MONDAY + timedelta(days=n), "EEEE", locale=locale) for n in range(7)]
    rows: list[list[int]] = []
    for each in sorted(set(days)):
        if rows and each == rows[-1][-1] + 1:
            rows[-1].append(each)
        else:
            rows.append([each])
    said: list[str] = []
    for row in rows:
        if len(row) < FEWEST_FOR_RANGE:
            said += [names[each] for each in row]
        else:
            said.append(str(locale.interval_formats[None]).format(names[row[0]], names[row[-1]]))
    listed = format_list(said, locale=locale)
    return listed[:1].upper() + listed[1:]
