"""The languages Beside knows, each by its own name."""

import pytest

from locales.languages import UnknownLanguage, direction, known, language, nearest, own_name
from locales.render import plural_rule


def test_the_first_twelve_of_the_practice_brief_are_known() -> None:
    assert known()[:12] == ("de", "en", "tr", "ar", "fa", "sq", "bs", "mk", "fr", "ru", "so", "ur")


def test_each_language_is_called_as_its_speakers_call_it() -> None:
    names = {code: own_name(code) for code in ("de", "tr", "ar", "fr", "bs", "prs", "ku", "sq")}
    assert names == {
        "de": "Deutsch",
        "tr": "Türkçe",
        "ar": "العربية",
        "fr": "Français",
        "bs": "Bosanski / Hrvatski / Srpski",
        "prs": "دری",
        "ku": "Kurdî (Kurmancî)",
        "sq": "Shqip",
    }
    assert len({own_name(code) for code in known()}) == len(known()), "no two buttons read the same"


def test_which_way_a_language_runs() -> None:
    assert {code for code in known() if direction(code) == "rtl"} == {
        "ar",
        "fa",
        "ur",
        "ckb",
        "ps",
        "prs",
        "he",
    }


@pytest.mark.parametrize("code", known())
def test_every_language_can_count(code: str) -> None:
    count, form = plural_rule(language(code).plural)
    assert count == language(code).forms
    assert {form(number) for number in range(2001)} <= set(range(count))
    assert language(code).own_name


def test_the_plural_rules_are_weblates_and_not_babels() -> None:
    assert (language("tr").forms, language("fa").forms, language("he").forms, language("ar").forms) == (
        2,
        2,
        4,
        6,
    )


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("de-AT", "de"),
        ("DE", "de"),
        ("en-US", "en"),
        ("fa-AF", "prs"),
        ("sr-Latn-RS", "sr_Latn"),
        ("bs-Latn-BA", "bs"),
        ("uk-UA", "uk"),
        ("sr-Cyrl", ""),
        ("az-Arab", ""),
        ("zz", ""),
        ("", ""),
    ],
)
def test_an_apps_language_tag_finds_our_language_and_no_other_script(tag: str, code: str) -> None:
    assert nearest(tag, known()) == code


def test_only_what_is_offered_is_suggested() -> None:
    assert nearest("tr", ["de", "ar"]) == ""


def test_a_language_outside_the_table_does_not_exist() -> None:
    with pytest.raises(UnknownLanguage):
        language("../de")
