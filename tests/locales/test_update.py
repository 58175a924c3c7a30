"""`beside words sync`: every language in one go, all of them or none."""

from pathlib import Path

import pytest

from locales.catalogs import forms
from locales.files import BadFile, languages_here, load, save
from locales.interface import interface_template
from locales.render import Words, render
from locales.update import edition_words, sync_all
from tests.locales.small import GERMAN, TALK, find, put, script, translated


def test_a_language_begins_with_every_text_waiting(tmp_path: Path) -> None:
    dialogs, pages = sync_all(script(), also=["ar"], home=tmp_path)
    assert (dialogs.lang, dialogs.file, dialogs.new, dialogs.written) == ("ar", "dialogs", 11, True)
    assert (pages.file, pages.new) == ("interface", len(interface_template()))
    assert languages_here(tmp_path) == ["ar"]
    assert not any(each.written for each in sync_all(script(), home=tmp_path))


def test_it_tells_what_a_change_of_the_sheets_asks_of_the_translators(tmp_path: Path) -> None:
    save(translated(script(), "de", GERMAN), "de", home=tmp_path)
    talk = TALK.replace("We never ask", "We do not ask").replace("\n- [No](#kept) also: not now ^no", "")
    change = sync_all(script(talk.replace("## kept\n", "## kept\n\nGood. ^good\n")), home=tmp_path)[0]
    assert (change.new, change.rewritten, change.gone) == (1, 1, 2)


def test_one_broken_file_leaves_all_files_as_they_were(tmp_path: Path) -> None:
    for lang in ("de", "ar"):
        save(translated(script(), lang, {}), lang, home=tmp_path)
    broken = tmp_path / "ar" / "LC_MESSAGES" / "dialogs.po"
    broken.write_text("rubbish", encoding="utf-8")
    before = (tmp_path / "de" / "LC_MESSAGES" / "dialogs.po").read_bytes()
    with pytest.raises(BadFile, match="ar/LC_MESSAGES"):
        sync_all(script(TALK.replace("never", "do not")), home=tmp_path)
    assert (tmp_path / "de" / "LC_MESSAGES" / "dialogs.po").read_bytes() == before
    assert not list(tmp_path.rglob("*.new"))


def test_the_running_editions_words_come_back_when_a_file_was_emptied(tmp_path: Path) -> None:
    save(translated(script(), "de", {}), "de", home=tmp_path)
    running = {"de": {name: texts for name, texts in GERMAN.items() if "|" not in name}}
    sync_all(script(), previous=running, home=tmp_path)
    entry = find(load("de", home=tmp_path), "talk.promise")
    assert (forms(entry), entry.fuzzy) == (GERMAN["talk.promise"], True)


def test_an_edition_takes_the_words_of_today_even_if_the_file_was_not_brought_along(tmp_path: Path) -> None:
    save(translated(script(), "de", GERMAN), "de", home=tmp_path)
    taken = edition_words(script(TALK.replace("{zone} time", "by {zone} time")), "de", tmp_path)
    assert taken["talk.by"] == GERMAN["talk.by"]
    assert render(Words("de", taken), "talk.no", {}) == "Nein"
    assert "talk.promise" not in edition_words(script(TALK.replace("never", "do not")), "de", tmp_path)


def test_a_file_is_as_a_person_left_it_but_for_what_changed(tmp_path: Path) -> None:
    """One text, one line: the diff of a changed sheet is the changed text."""
    save(translated(script(), "de", GERMAN), "de", home=tmp_path)
    file = tmp_path / "de" / "LC_MESSAGES" / "dialogs.po"
    before = file.read_text(encoding="utf-8").split("\n")
    sync_all(script(TALK.replace("We never ask", "We do not ask")), home=tmp_path)
    after = file.read_text(encoding="utf-8").split("\n")
    assert [line for line in after if line not in before] == [
        "#, fuzzy, max-length:330, priority:200",
        '#| msgid "We never ask for a name. In danger we call for help."',
        'msgid "We do not ask for a name. In danger we call for help."',
    ]


def test_long_texts_and_odd_letters_come_back_as_they_were_written(tmp_path: Path) -> None:
    po = translated(script(), "de", GERMAN)
    odd = 'Zeile\nmit "Zeichen" \\ und\u00a0mehr\u2028' + " lang" * 100
    put(find(po, "talk.by"), [odd])
    save(po, "de", home=tmp_path)
    assert forms(find(load("de", home=tmp_path), "talk.by")) == [odd]
