"""What a translator sees: the talk in its order, with everything they need to know beside each text."""

import os
import subprocess
import sys
from pathlib import Path

import polib

from locales.catalogs import template
from tests.locales.small import TALK, find, gettext_says, is_fresh, script, translated


def test_texts_come_in_the_order_of_the_talk_the_first_sheet_first() -> None:
    names = [each.msgctxt for each in template(script())]
    assert names == [
        "talk.promise",
        "talk.ask",
        "talk.yes",
        "talk.yes.also",
        "talk.no",
        "talk.no.also",
        "talk.days",
        "talk.by",
        "always.emergency",
        "always.emergency.also",
        "notes.hello",
    ]


def test_each_text_tells_where_it_stands_and_how_long_it_may_be() -> None:
    po = template(script())
    assert find(po, "talk.yes").occurrences == [("dialogs/scripts/talk.md", "14")]
    limits = {each.msgctxt: [flag for flag in each.flags if flag.startswith("max")] for each in po}
    assert limits["talk.promise"] == ["max-length:330"]
    assert limits["talk.yes"] == ["max-length:40"]
    assert limits["talk.yes.also"] == []
    assert limits["notes.hello"] == ["max-length:80"]


def test_a_note_of_the_author_and_what_kind_of_text_it_is_stand_above_it() -> None:
    po = template(script())
    assert find(po, "talk.promise").comment.split("\n") == [
        "Promise and its limit.",
        "A safety, limits or consent text: exact, and a named person approves every change.",
    ]
    assert "Button, at most 40 letters." in find(po, "talk.yes").comment
    assert "What would families really write?" in find(po, "talk.no.also").comment
    assert "May show on a locked phone" in find(po, "notes.hello").comment


def test_safety_texts_come_first_in_weblate_and_holes_are_explained() -> None:
    po = template(script())
    assert [each.msgctxt for each in po if is_fresh(each)] == [
        "talk.promise",
        "talk.ask",
        "talk.yes",
        "talk.yes.also",
        "talk.no",
        "talk.no.also",
    ]
    by = find(po, "talk.by")
    assert "python-brace-format" in by.flags
    assert "{zone} is, for example: Vienna" in by.comment


def test_a_counted_text_asks_for_every_form_of_the_language() -> None:
    entry = find(template(script()), "talk.days")
    assert entry.msgid == "We keep your answers for {days_answers} day."
    assert entry.msgid_plural == "We keep your answers for {days_answers} days."
    assert "Counted" in entry.comment
    assert len(find(translated(script(), "ar", {}), "talk.days").msgstr_plural) == 6


def test_gettext_accepts_the_template(tmp_path: Path) -> None:
    file = tmp_path / "dialogs.pot"
    file.write_text(str(template(script())), encoding="utf-8")
    assert gettext_says(file) == ""


def extracted(folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "babel.cfg").write_text("[beside_sheet: **.md]\n", encoding="utf-8")
    program = Path(sys.executable).with_name("pybabel")
    command = [str(program), "extract", "-F", "babel.cfg", "-o", "out.pot", "."]
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )


def test_pybabel_extract_works_on_a_sheet(tmp_path: Path) -> None:
    (tmp_path / "talk.md").write_text(TALK, encoding="utf-8")
    ran = extracted(tmp_path)
    assert ran.returncode == 0, ran.stderr
    ours = {each.msgctxt: each for each in template(script()) if each.msgctxt.startswith("talk.")}
    theirs = {each.msgctxt: each for each in polib.pofile(str(tmp_path / "out.pot"))}
    assert list(theirs) == list(ours)
    for name, each in theirs.items():
        assert (each.msgid, each.msgid_plural) == (ours[name].msgid, ours[name].msgid_plural)
        assert each.occurrences == [("talk.md", ours[name].occurrences[0][1])]
    assert "python-brace-format" in theirs["talk.by"].flags


def test_half_a_sheet_never_becomes_a_template(tmp_path: Path) -> None:
    (tmp_path / "talk.md").write_text(TALK.replace("> end", "> ende"), encoding="utf-8")
    ran = extracted(tmp_path)
    assert ran.returncode != 0
    assert "D04" in ran.stderr
