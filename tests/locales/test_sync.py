"""When a sheet changes, a translator finds the old words where they left them."""

import io
import shutil
import subprocess
from pathlib import Path

import polib
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from locales.catalogs import EARLIER, blank, forms, sync, template, words
from locales.files import load, save
from locales.languages import Language, language
from tests.locales.small import GERMAN, TALK, find, gettext_says, said, script, translated

REWRITTEN = "You may stay without a name. There is one limit: when a life is at risk, we call for help."
CHANGED = (
    TALK.replace("We never ask for a name. In danger we call for help.", REWRITTEN)
    .replace("Is that all right for you?", "Is that all right with you?")
    .replace("## kept\n", "## kept\n\nIs that all right for them? ^them\n")
)


def german() -> polib.POFile:
    return translated(script(), "de", GERMAN)


def changed() -> polib.POFile:
    return sync(german(), template(script(CHANGED)))


# The table of aesthetics 2B: a rewritten promise, a short change, a new text that looks like an old one.


def test_a_rewritten_promise_keeps_its_translation_marked_and_with_the_old_english_beside_it() -> None:
    entry = find(changed(), "talk.promise")
    assert entry.msgid == REWRITTEN
    assert forms(entry) == GERMAN["talk.promise"]
    assert entry.fuzzy
    assert entry.previous_msgid == "We never ask for a name. In danger we call for help."


def test_a_small_change_keeps_its_translation_marked() -> None:
    assert said(changed())["talk.ask"] == (GERMAN["talk.ask"], True)


def test_a_new_text_is_empty_however_much_it_looks_like_an_old_one() -> None:
    assert said(changed())["talk.them"] == ([], False)


def test_everything_else_is_untouched() -> None:
    before, after = said(german()), said(changed())
    touched = {"talk.promise", "talk.ask", "talk.ask|informal", "talk.them"}
    assert {name: each for name, each in after.items() if name not in touched} == {
        name: each for name, each in before.items() if name not in touched
    }


def babels(old: polib.POFile, new: polib.POFile) -> dict[str, tuple[str, bool]]:
    catalog = read_po(io.BytesIO(str(old).encode()), locale="de")
    source: Catalog = read_po(io.BytesIO(str(new).encode()))
    catalog.update(source)
    return {
        str(m.context): (str(m.string), bool(m.fuzzy)) for m in catalog if m.id and isinstance(m.string, str)
    }


def polibs(old: polib.POFile, new: polib.POFile) -> dict[str, tuple[str, bool]]:
    merged = polib.pofile(str(old))
    merged.merge(new)
    return {each.msgctxt: (each.msgstr, each.fuzzy) for each in merged if not each.obsolete}


def msgmerges(old: polib.POFile, new: polib.POFile, folder: Path) -> dict[str, tuple[str, bool]]:
    (folder / "old.po").write_text(str(old), encoding="utf-8")
    (folder / "new.pot").write_text(str(new), encoding="utf-8")
    command = ["msgmerge", "--previous", "--quiet", str(folder / "old.po"), str(folder / "new.pot")]
    merged = polib.pofile(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {each.msgctxt: (each.msgstr, each.fuzzy) for each in merged if not each.obsolete}


def test_this_is_what_the_stock_tools_lose(tmp_path: Path) -> None:
    old, new = german(), template(script(CHANGED))
    tools = [babels(old, new), polibs(old, new)]
    if shutil.which("msgmerge"):
        tools.append(msgmerges(old, new, tmp_path))
    for lost in tools:
        assert lost["talk.promise"][0] == "", "the promise is gone: a family would read English"
    guesses = [lost["talk.them"][0] for lost in tools]
    assert any(guesses), "a new text got the words of another one"


# Nothing a translator wrote is ever lost.


def test_words_the_sheets_no_longer_have_are_put_away_and_come_back_with_the_text() -> None:
    short = TALK.replace("A counsellor can answer by {answer_by}, {zone} time. ^by\n", "")
    away = sync(german(), template(script(short)))
    assert "talk.by" not in said(away)
    assert [forms(each) for each in away.obsolete_entries()] == [GERMAN["talk.by"]]
    back = sync(away, template(script()))
    assert said(back)["talk.by"] == (GERMAN["talk.by"], False)
    assert not back.obsolete_entries()


def test_words_that_come_back_to_another_text_are_marked() -> None:
    away = sync(german(), template(script(TALK.replace("We never ask for a name. In danger", "In danger"))))
    gone = sync(
        away, template(script(TALK.replace("## limits\n", "## before\n\nWait. ^wait\n\n## limits\n")))
    )
    entry = find(gone, "talk.promise")
    assert (forms(entry), entry.fuzzy) == (GERMAN["talk.promise"], True)


def test_two_rewritings_later_the_old_english_is_still_the_one_that_was_translated() -> None:
    twice = sync(
        changed(), template(script(CHANGED.replace(REWRITTEN, "No name. One limit: a life at risk.")))
    )
    assert (
        find(twice, "talk.promise").previous_msgid == "We never ask for a name. In danger we call for help."
    )


def test_a_translators_remark_and_own_flags_stay() -> None:
    po = german()
    find(po, "talk.promise").tcomment = "Ask Selma about this one."
    find(po, "talk.promise").flags.append("ignore-same")
    entry = find(sync(po, template(script(CHANGED))), "talk.promise")
    assert entry.tcomment == "Ask Selma about this one."
    assert entry.flags == ["fuzzy", "max-length:330", "priority:200", "ignore-same"]


def test_a_text_that_becomes_counted_keeps_its_words_in_every_form() -> None:
    counted = TALK.replace(
        "A counsellor can answer by {answer_by}, {zone} time. ^by",
        "one: Deleted after {days_chat} day.\nmany: Deleted after {days_chat} days. ^by",
    )
    entry = find(sync(german(), template(script(counted))), "talk.by")
    assert forms(entry) == GERMAN["talk.by"] * 2
    assert entry.fuzzy


def test_a_text_that_is_no_longer_counted_keeps_the_other_forms_too() -> None:
    plain = TALK.replace("one: We keep your answers for {days_answers} day.\nmany: ", "")
    po = sync(german(), template(script(plain)))
    assert said(po)["talk.days"] == (GERMAN["talk.days"][-1:], True)
    kept = [forms(each) for each in po.obsolete_entries() if each.msgctxt == "talk.days"]
    assert kept == [GERMAN["talk.days"]]


def test_what_has_no_place_left_becomes_the_translators_comment() -> None:
    po = german()
    put_away = polib.POEntry(
        msgctxt="talk.ask", msgid="Is that all right for you?", msgstr="Geht das?", obsolete=1
    )
    po.append(put_away)
    once = sync(po, template(script()))
    assert find(once, "talk.ask").tcomment == f"{EARLIER}Geht das?"
    once.append(put_away)
    again = sync(once, template(script()))
    assert find(again, "talk.ask").tcomment == f"{EARLIER}Geht das?", "and only once"


def test_a_file_emptied_by_another_tool_is_filled_again_from_what_it_put_away() -> None:
    merged = polib.pofile(str(german()))
    merged.merge(template(script(CHANGED)))
    assert said(merged)["talk.promise"] == ([], False)
    assert said(sync(merged, template(script(CHANGED))))["talk.promise"] == (GERMAN["talk.promise"], True)


def test_words_that_are_nowhere_but_in_the_running_edition_come_back_marked() -> None:
    po = sync(blank("de"), template(script(CHANGED)), previous=words(german()))
    assert said(po)["talk.promise"] == (GERMAN["talk.promise"], True)
    assert said(po)["talk.days"] == (GERMAN["talk.days"], True)
    assert said(po)["talk.them"] == ([], False)


# The file itself.


def test_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    for talk in (TALK, CHANGED):
        source = template(script(talk))
        once = sync(german(), source)
        assert str(sync(once, source)) == str(once)
        save(once, "de", home=tmp_path)
        read = load("de", home=tmp_path)
        assert str(sync(read, source)) == str(once)
        assert not save(sync(read, source), "de", home=tmp_path), "an unchanged file is not written"


@pytest.mark.parametrize("lang", ["de", "ar", "pl", "ru", "tr", "he", "prs"])
def test_gettext_accepts_what_we_write(lang: str, tmp_path: Path) -> None:
    count = language(lang).forms
    there = {
        name: texts if len(texts) == 1 else [texts[-1]] * count
        for name, texts in GERMAN.items()
        if "|" not in name
    }
    po = translated(script(), lang, there)
    gone = TALK.replace("Is that all right for you? ^ask\n\n", "").replace("never ask", "never, ever ask")
    for talk in (TALK, CHANGED, gone):
        po = sync(po, template(script(talk)))
        save(po, lang, home=tmp_path)
        assert gettext_says(tmp_path / lang / "LC_MESSAGES" / "dialogs.po") == ""
    assert po.fuzzy_entries()
    assert po.obsolete_entries()


def test_a_file_counted_for_another_rule_has_its_counted_texts_looked_at() -> None:
    """Babel gives Turkish one form; the house and Weblate give it two."""
    po = translated(
        script(), "tr", {"talk.days": ["{days_answers} gün", "{days_answers} gün"], "talk.no": ["Hayır"]}
    )
    po.metadata["Plural-Forms"] = "nplurals=1; plural=0;"
    find(po, "talk.days").msgstr_plural = {0: "{days_answers} gün saklarız"}
    new = sync(po, template(script()))
    assert new.metadata["Plural-Forms"] == "nplurals=2; plural=n != 1;"
    assert said(new)["talk.days"] == (["{days_answers} gün saklarız"] * 2, True)
    assert said(new)["talk.no"] == (["Hayır"], False)


def test_a_rule_of_as_many_forms_can_still_be_another_rule() -> None:
    po = translated(script(), "mk", {"talk.days": ["{days_answers} ден", "{days_answers} дена"]})
    po.metadata["Plural-Forms"] = "nplurals=2; plural=(n != 1);"
    assert said(sync(po, template(script())))["talk.days"][1], "21 takes the other form in Macedonian"
    po.metadata["Plural-Forms"] = "nplurals=2; plural=((n==1) || (n%10==1)) ? 0 : 1;"
    assert not said(sync(po, template(script())))["talk.days"][1], "the same rule in other words"


def test_header_lines_of_others_stay_and_the_order_is_always_the_same() -> None:
    po = german()
    po.metadata = {
        "X-Generator": "Weblate 5",
        "POT-Creation-Date": "2026",
        "Last-Translator": "N",
        **po.metadata,
    }
    head = sync(po, template(script())).metadata
    assert head["X-Generator"] == "Weblate 5"
    assert "POT-Creation-Date" not in head
    assert list(head)[:5] == [
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
    ]


# Two ways to address people.


def test_formal_german_calls_for_an_informal_text() -> None:
    po = sync(translated(script(), "de", {"talk.ask": ["Ist das für Sie in Ordnung?"]}), template(script()))
    names = [each.msgctxt for each in po]
    assert "talk.ask|informal" in names
    assert names.index("talk.ask|informal") == names.index("talk.ask") + 1
    assert "talk.promise|informal" not in names


def test_an_informal_text_stays_though_the_formal_one_no_longer_calls_for_it() -> None:
    po = german()
    find(po, "talk.ask").msgstr = "Ist das in Ordnung?"
    assert said(sync(po, template(script())))["talk.ask|informal"] == (GERMAN["talk.ask|informal"], False)


def test_an_empty_informal_text_goes_when_nothing_calls_for_it() -> None:
    po = german()
    find(po, "talk.ask").msgstr = "Ist das in Ordnung?"
    find(po, "talk.ask|informal").msgstr = ""
    assert "talk.ask|informal" not in said(sync(po, template(script())))


@pytest.mark.parametrize("code", ["tr", "ar", "fa"])
def test_other_languages_have_no_variants_yet(code: str) -> None:
    lang: Language = language(code)
    assert lang.axes() == ()
