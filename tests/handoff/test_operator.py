"""Beside does not start without true statements, and says everything that is missing at once."""

import re
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from handoff.operator import EXAMPLE, FRESH, STATEMENTS, Authorities, OperatorTrouble, live_problems, read
from tests.handoff.operators import TODAY, operator

GIVEN = EXAMPLE.read_text("utf-8")
MAY_BE_LEFT_OUT = {
    "region",
    "closed",
    "reviewed_by",
    "hours",
    "minutes",
}  # the last two only of [on_call], unused


def problems(tmp_path: Path, text: str, banned: tuple[str, ...] = ()) -> list[str]:
    file = tmp_path / "operator.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(OperatorTrouble) as trouble:
        read(file, banned, TODAY)
    return trouble.value.problems


def every_key() -> list[tuple[str, str]]:
    tables = [("", tomllib.loads(GIVEN))]
    keys = []
    for table, values in tables:
        for key, value in values.items():
            if isinstance(value, dict):
                tables.append((f"{table}{key}.", value))
            elif key not in MAY_BE_LEFT_OUT or (table, key) == ("", "hours"):
                keys.append((table, key))
    return keys


def without(table: str, key: str) -> str:
    head, mark, rest = GIVEN.partition(f"[{table.rstrip('.')}]") if table else ("", "", GIVEN)
    cut = re.sub(rf"(?ms)^{key} = (\[.*?^\]|[^\n]*)\n", "", rest, count=1)
    assert cut != rest
    return head + mark + cut


@pytest.mark.parametrize(("table", "key"), every_key())
def test_a_missing_statement_or_promise_is_named(tmp_path: Path, table: str, key: str) -> None:
    found = problems(tmp_path, without(table, key))
    assert any(f"{table}{key}:" in line for line in found), found


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ('zone = "Europe/Vienna"', 'zone = "Europe/Wien"', "zone: must be an IANA time zone"),
        ('country = "AT"', 'country = "QQ"', "country: must be a place whose public holidays are known"),
        ('region = ""', 'region = "Atlantis"', "region: must be a place whose public holidays"),
        ("Mo-Fr 10:00-15:00; PH off", "weekdays 10 to 15", "hours: must follow the OSM opening_hours form"),
        ("Mo-Fr 10:00-15:00; PH off", "Mo-Fr 10:00-15:00+", "hours: may hold fixed times only"),
        ("Mo-Fr 10:00-15:00; PH off", "Mo-Fr sunrise-15:00", "hours: may hold fixed times only"),
        ("Mo-Fr 10:00-15:00; PH off", "Mo-Fr 22:00-06:00", "two spans that end and begin at midnight"),
        ("Mo-Fr 10:00-15:00; PH off", "Mo-Fr,PH 10:00-15:00", "only `PH off`"),
        ("Mo-Fr 10:00-15:00; PH off", "2019 Mo-Fr 10:00-15:00", "on at least five days of the coming year"),
        ("T1_hours = 24", "T1_hours = 48", "promises.T1_hours: must be a whole number from 1 to 24"),
        ("T2_working_days = 3", "T2_working_days = 4", "T2_working_days: must be a whole number from 1 to 3"),
        ("T0_minutes = 10", 'T0_minutes = "soon"', "promises.T0_minutes: must be a whole number"),
        ("T0_minutes = 10", "T0_minutes = true", "promises.T0_minutes: must be a whole number"),
        ("informed = 0", "informed = 7", "authorities.informed: cannot be more than talks"),
        ("until = 2026-10-31", "until = 2027-10-31", "authorities.until: must be a date"),
        ('"ar"]', '"ar", "tr"]', "statements.tr.operator_line: is missing"),
        ('"de", "ar"]', '"de"]', "statements.ar: is not a key here"),
        ('"RS", "MK"', '"RS", "Serbia"', "countries: must hold two-letter country codes, Serbia is none"),
        ("answers_days", "answer_days", "answer_days: is not a key here; is answers_days meant?"),
        ("{informed} of {talks}", "3 of {talks}", "authorities_line: must hold {informed} once"),
        ("this chat; nobody", "this {chat}; nobody", "statements.en.operator_line: may hold no hole"),
        ("[on_call]", "[old]\n[on_call]", "old: is not a key here"),
        ("example = true", "example = maybe", "this is not readable TOML"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_key_and_what_is_wanted(
    tmp_path: Path, was: str, now: str, told: str
) -> None:
    assert was in GIVEN
    found = problems(tmp_path, GIVEN.replace(was, now, 1))
    assert any(told in line for line in found), found


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "example = true\n")
    assert {line.split(":")[0] for line in found} > {
        "name",
        "zone",
        "hours",
        "promises.T1_hours",
        "authorities.until",
    }


def test_a_file_that_is_not_there_is_told_by_its_name_only(tmp_path: Path) -> None:
    with pytest.raises(OperatorTrouble) as trouble:
        read(tmp_path / "operator.toml", (), TODAY)
    assert trouble.value.problems[0].startswith("operator.toml: this file is missing")
    assert str(tmp_path) not in str(trouble.value)


@pytest.mark.parametrize(
    ("name", "banned", "fit"),
    [
        ("Beside", ("son", "support", "counsel"), True),
        ("Lesson Parsons", ("son",), True),
        ("Counselling-Corner", ("counsel",), False),
        ("My Son", ("son",), False),
        ("مساعدة", ("مساعدة",), False),
    ],
)
def test_the_public_name_says_nothing_on_a_lock_screen(
    tmp_path: Path, name: str, banned: tuple[str, ...], fit: bool
) -> None:
    file = tmp_path / "operator.toml"
    file.write_text(GIVEN.replace('name = "Beside"', f'name = "{name}"'), "utf-8")
    if fit:
        assert read(file, banned, TODAY).name == name
    else:
        assert any(
            line.startswith("name: stands on the lock screen")
            for line in problems(tmp_path, file.read_text("utf-8"), banned)
        )


def test_the_example_says_in_every_language_and_statement_that_it_is_one() -> None:
    given = operator()
    for lang, word in {"en": "example", "de": "Beispiel", "ar": "مثال"}.items():
        for name in STATEMENTS:
            assert word in given.statement(name, lang), (lang, name)
    assert set(given.statements) == set(given.languages)


def test_the_counts_are_the_same_in_every_language(tmp_path: Path) -> None:
    file = tmp_path / "operator.toml"
    file.write_text(GIVEN.replace("informed = 0\ntalks = 0", "informed = 3\ntalks = 412"), "utf-8")
    given = read(file, (), TODAY)
    for lang in given.languages:
        assert re.findall(r"\d+", given.statement("authorities_line", lang)) == ["12", "3", "412"], lang


def test_the_example_never_serves_real_families() -> None:
    told = live_problems(operator(), TODAY)
    assert [line.split(":")[0] for line in told] == ["example", "reviewed_by, reviewed_on"]


def test_a_reviewed_file_serves_until_its_count_is_too_old() -> None:
    counted = Authorities(informed=3, talks=412, months=12, until=date(2026, 10, 31))
    ready = replace(
        operator(), example=False, reviewed_by="A. Reader", reviewed_on=TODAY, authorities=counted
    )
    assert live_problems(ready, TODAY) == []
    assert live_problems(ready, counted.until + FRESH) == []
    assert "authorities.until" in live_problems(ready, counted.until + FRESH + timedelta(days=1))[0]
