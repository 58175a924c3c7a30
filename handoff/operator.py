"""Who runs this service and what they bind themselves to (promise 9: Beside does not start without it).

The file is TOML; `handoff/data/example-operator.toml` shows every key. All problems are told at once.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from handoff import opening
from handoff.papers import Paper

EXAMPLE = Path(__file__).parent / "data" / "example-operator.toml"
STATEMENTS = ("operator_line", "funding_line", "share_rule_line", "authorities_line")
FRESH = timedelta(days=460)  # a published count of a year may be three months late, not older (security A11)
_STEM = 5  # letters from which a banned word also bans its longer forms
_LONGEST = 300  # letters of one statement (security, wording rules)


class OperatorTrouble(Exception):
    """The operator file cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who can be reached for danger now (T0). Without it the emergency number is all we offer."""

    available: bool
    hours: str = ""  # OSM opening_hours
    minutes: int = 0  # to the first answer outside the desk's hours


@dataclass(frozen=True, slots=True)
class Promises:
    t0_minutes: int  # inside the desk's hours
    t1_hours: int
    t1_margin_minutes: int  # how long people must have been there before an urgent answer may be promised
    t2_days: int
    t3_days: int


@dataclass(frozen=True, slots=True)
class Authorities:
    """How often an authority was told something, in the months up to `until` (security A11)."""

    informed: int
    talks: int
    months: int
    until: date


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    example: bool
    zone: str
    country: str  # whose public holidays
    region: str  # its part with holidays of its own, or ""
    languages: tuple[str, ...]
    countries: tuple[str, ...]  # where families are served
    hours: str  # OSM opening_hours
    closed: tuple[date, ...]
    press_contact: str
    on_call: OnCall
    promises: Promises
    days_answers: int
    days_chat: int
    authorities: Authorities
    statements: Mapping[str, Mapping[str, str]]  # language -> name -> text, numbers filled in
    reviewed_by: str
    reviewed_on: date | None

    def statement(self, name: str, lang: str) -> str:
        return self.statements[lang][name]


def read(path: Path, banned: Collection[str], today: date) -> Operator:
    """Read an operator file.

    banned: words that may not show on a lock screen, as the service's name does (practice 4.4).
    today: counts and reviews may not lie in the future, and the desk must open within a year.
    Raises OperatorTrouble with every problem found.
    """
    try:
        paper = Paper(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise OperatorTrouble(
            [f"{path.name}: this file is missing; copy {EXAMPLE.name} and make it yours."]
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OperatorTrouble([f"{path.name}: this is not readable TOML in UTF-8 ({error})."]) from None
    operator = _operator(paper, banned, today)
    paper.nothing_else()
    if paper.problems:
        raise OperatorTrouble(paper.problems)
    return operator


def live_problems(operator: Operator, today: date) -> list[str]:
    """What still stands between this file and real families; an empty list means it may serve them."""
    problems = []
    if operator.example:
        problems.append("example: must be false; an example operator never serves real families.")
    if not operator.reviewed_by or operator.reviewed_on is None:
        problems.append(
            "reviewed_by, reviewed_on: a named person must have read every statement in every language."
        )
    if today - operator.authorities.until > FRESH:
        problems.append(
            f"authorities.until: {operator.authorities.until} is too long ago; count again and publish."
        )
    return problems


def _operator(paper: Paper, banned: Collection[str], today: date) -> Operator:
    languages = paper.words("languages", "the languages on offer, for example en and ar")
    authorities = _authorities(paper.part("authorities"), today)
    zone = paper.text("zone", "an IANA time zone, for example Europe/Vienna")
    if zone and zone not in available_timezones():
        paper.note("zone", f"must be an IANA time zone such as Europe/Vienna, {zone} is none")
    country, region = _holidays(paper, today)
    operator = Operator(
        name=_name(paper, banned),
        example=paper.flag("example"),
        zone=zone,
        country=country,
        region=region,
        languages=languages,
        countries=_countries(paper),
        hours=_hours(paper),
        closed=paper.days("closed"),
        press_contact=paper.text("press_contact", "an address for the press", most=100),
        on_call=_on_call(paper.part("on_call")),
        promises=_promises(paper.part("promises")),
        days_answers=(kept := paper.part("retention")).whole("answers_days", 1, 365),
        days_chat=kept.whole("chat_days", 1, 365),
        authorities=authorities,
        statements=_statements(paper.part("statements"), languages, authorities),
        reviewed_by=paper.text("reviewed_by", "", needed=False),
        reviewed_on=paper.day("reviewed_on", today),
    )
    if not paper.problems and not _ever_open(operator, today):
        paper.note("hours", "must open the desk on at least five days of the coming year")
    return operator


def _ever_open(operator: Operator, today: date) -> bool:
    desk = opening.Opening(operator.hours, operator.zone, operator.country, operator.region, operator.closed)
    return desk.working_day(datetime.combine(today, time(12), UTC), 5) is not None


def _name(paper: Paper, banned: Collection[str]) -> str:
    name = paper.text("name", "the public name of the service", most=60)
    words = [word.strip(".,:;!?'\"()").casefold() for word in name.replace("-", " ").split()]
    for bad in sorted({each.casefold() for each in banned}):
        # "counsel" also bans "counselling"; a short word such as "son" bans only itself.
        if any(word == bad or (len(bad) >= _STEM and word.startswith(bad)) for word in words):
            paper.note("name", f"stands on the lock screen and may not say `{bad}`")
    return name


def _countries(paper: Paper) -> tuple[str, ...]:
    found = paper.words("countries", "the countries served, for example AT and DE")
    for code in found:
        if not re.fullmatch("[A-Z]{2}", code):
            paper.note("countries", f"must hold two-letter country codes, {code} is none")
    return found


def _holidays(paper: Paper, today: date) -> tuple[str, str]:
    country = paper.text("country", "the country whose public holidays the desk keeps, for example AT")
    region = paper.text("region", "", needed=False)
    try:
        if country:
            opening.public_holidays(country, region, today.year)
    except NotImplementedError:
        key, place = ("region", f"{country} {region}") if region else ("country", country)
        paper.note(key, f"must be a place whose public holidays are known, {place} is not")
    return country, region


def _hours(paper: Paper) -> str:
    hours = paper.text("hours", "the opening hours, for example `Mo-Fr 10:00-15:00; PH off`")
    if hours and (wrong := opening.trouble(hours)):
        paper.note("hours", wrong)
    return hours


def _on_call(paper: Paper) -> OnCall:
    if not paper.flag("available"):
        paper.forget("hours", "minutes")
        return OnCall(available=False)
    return OnCall(available=True, hours=_hours(paper), minutes=paper.whole("minutes", 1, 60))


def _promises(paper: Paper) -> Promises:
    return Promises(
        t0_minutes=paper.whole("T0_minutes", 1, 60),
        t1_hours=paper.whole("T1_hours", 1, 24),  # 24 h at most (practice 5.2)
        t1_margin_minutes=paper.whole("T1_margin_minutes", 5, 240),
        t2_days=paper.whole("T2_working_days", 1, 3),
        t3_days=paper.whole("T3_working_days", 1, 5),
    )


def _authorities(paper: Paper, today: date) -> Authorities:
    found = Authorities(
        informed=paper.whole("informed", 0, 10**9),
        talks=paper.whole("talks", 0, 10**9),
        months=paper.whole("months", 1, 12),
        until=paper.day("until", today, needed=True) or date.min,
    )
    if found.informed > found.talks:
        paper.note("informed", "cannot be more than talks")
    return found


def _statements(paper: Paper, languages: tuple[str, ...], counted: Authorities) -> dict[str, dict[str, str]]:
    told = {}
    for lang in languages:
        sheet = paper.part(lang)
        told[lang] = {
            name: sheet.text(name, "one or two plain sentences", most=_LONGEST) for name in STATEMENTS
        }
        told[lang]["authorities_line"] = _filled(sheet, told[lang]["authorities_line"], counted)
        for name, line in told[lang].items():
            if "{" in line or "}" in line:
                sheet.note(name, "may hold no hole but {informed}, {talks} and {months} in authorities_line")
    return told


def _filled(sheet: Paper, line: str, counted: Authorities) -> str:
    """The counts stand once in the file, so no language can tell other numbers than another."""
    holes: dict[str, Any] = {"informed": counted.informed, "talks": counted.talks, "months": counted.months}
    for hole, number in holes.items():
        if line and line.count("{" + hole + "}") != 1:
            sheet.note(
                "authorities_line", f"must hold {{{hole}}} once; the number itself stands in [authorities]"
            )
        line = line.replace("{" + hole + "}", str(number))
    return line
