"""What a coordinator and a translator do: play a talk, check the sheets, look after the words."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Beside

BAD = "\n> jump to somewhere nice\n"  # no such stage direction


def sheet(beside: Beside, name: str) -> Path:
    return beside.house / "dialogs" / "scripts" / f"{name}.md"


def test_a_talk_is_played_from_standard_input(beside: Beside) -> None:
    ended = beside("play", "first-contact", given="hello\nEnglish\nYes, I am alone\n")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "family  writes hello"
    assert "speaks  en" in lines
    assert lines.index("family  writes Yes, I am alone") < len(lines) - 1


def test_a_talk_is_played_from_a_file_of_taps_in_another_language(beside: Beside) -> None:
    (beside.folder / "talk.txt").write_text("family  /start\nfamily  taps Deutsch\n", encoding="utf-8")
    ended = beside("play", "first-contact", "--lang", "de", "--from", "talk.txt")
    assert ended.code == 0
    assert "speaks  de" in ended.out.splitlines()
    assert re.search(r"(?m)^bot     Hallo", ended.out)


def test_a_transcript_that_was_printed_can_be_played_again(beside: Beside) -> None:
    first = beside("play", "first-contact", given="family  /start\nfamily  taps English\n")
    (beside.folder / "talk.txt").write_text(first.out, encoding="utf-8")
    again = beside("play", "first-contact", "--from", "talk.txt")
    assert (again.code, again.out) == (0, first.out)


@pytest.mark.parametrize(
    ("words", "given", "reason"),
    [
        (("first-contact",), "family  /start\nfamily  taps Nonsense\n", "line 2: “Nonsense” is not on offer"),
        (("first-contact", "--lang", "zz"), "hello\n", "There are no words in zz."),
        (("nowhere",), "hello\n", "There is no sheet nowhere."),
        (("nowhere.md",), "hello\n", "There is no sheet nowhere.md."),
        (("first-contact", "--from", "nothing.txt"), "", "nothing.txt cannot be read as text."),
    ],
)
def test_a_talk_that_cannot_be_played_says_why(
    beside: Beside, words: tuple[str, ...], given: str, reason: str
) -> None:
    ended = beside("play", *words, given=given)
    assert ended.code == 1
    assert reason in ended.err
    assert "Traceback" not in ended.err


def test_a_sheet_of_ones_own_can_be_played(copied: Beside) -> None:
    own = copied.folder / "first-contact.md"
    text = sheet(copied, "first-contact").read_text(encoding="utf-8")
    changed = text.replace("I am an automatic guide", "I am a guide that is automatic", 1)
    assert changed != text
    own.write_text(changed, encoding="utf-8")
    ended = copied("play", "first-contact.md", given="hello\n")
    assert ended.code == 0
    assert "a guide that is automatic" in ended.out


def test_a_bad_sheet_is_told_with_code_file_line_and_hint(copied: Beside) -> None:
    tips = sheet(copied, "tips")
    text = tips.read_text(encoding="utf-8")
    line = text.count("\n") + 2
    tips.write_text(text + BAD, encoding="utf-8")
    ended = copied("check")
    assert ended.code == 1
    said = ended.out.splitlines()
    at = next(n for n, row in enumerate(said) if row.startswith(f"dialogs/scripts/tips.md:{line}: D04 "))
    assert "docs/sheets.md" in said[at + 1]
    told = copied("check", "--json")
    assert told.code == 1
    found = [each for each in json.loads(told.out) if each["file"] == "dialogs/scripts/tips.md"]
    assert ("D04", line) in {(each["code"], each["line"]) for each in found}
    assert all(each["hint"] and each["text"] for each in found)
    assert copied("play", "first-contact", given="hello\n").code == 1
    assert copied("words", "status").code == 1
    assert copied("words", "sync").code == 1


def test_a_line_without_an_id_gets_one_and_only_one(copied: Beside) -> None:
    tips = sheet(copied, "tips")
    text = tips.read_text(encoding="utf-8")
    with_ids = re.findall(r" \^step-home$", text, re.MULTILINE)
    assert with_ids
    tips.write_text(re.sub(r"(?m) \^step-home$", "", text), encoding="utf-8")
    copied("check", "--stamp")
    stamped = tips.read_text(encoding="utf-8")
    assert len(re.findall(r"(?m) \^\S+$", stamped)) == len(re.findall(r"(?m) \^\S+$", text))
    copied("check", "--stamp")
    assert tips.read_text(encoding="utf-8") == stamped


def test_words_status_shows_every_language_and_what_it_is_fit_for(beside: Beside) -> None:
    ended = beside("words", "status")
    assert ended.code == 0
    for name in ("English (en)", "Deutsch (de)", "العربية (ar)"):
        row = next(line for line in ended.out.splitlines() if line.startswith(name))
        assert re.search(r"(live|demo \(draft\)|nothing yet)$", row)


def test_a_new_sentence_reaches_every_language_by_words_sync(copied: Beside) -> None:
    copied("words", "sync")
    tips = sheet(copied, "tips")
    tips.write_text(
        tips.read_text(encoding="utf-8").replace(
            "Tonight nothing has to be solved.", "Nothing has to be solved."
        ),
        encoding="utf-8",
    )
    ended = copied("words", "sync")
    assert ended.code == 0
    for lang in ("de", "ar"):
        assert re.search(
            rf"(?m)^{lang} dialogs: 0 new, [1-9]\d* to look at again, 0 put away, written$", ended.out
        )
        words = (copied.house / "locales" / lang / "LC_MESSAGES" / "dialogs.po").read_text(encoding="utf-8")
        assert "Nothing has to be solved." in words
    again = copied("words", "sync")
    assert "written" not in again.out


def test_words_are_approved_by_a_person_and_a_language_nobody_knows_is_refused(copied: Beside) -> None:
    ended = copied("words", "approve", "en", "--by", "A. Person")
    assert ended.code == 0
    assert re.match(
        r"\d+ safety, limits and consent texts in English are now approved by A. Person", ended.out
    )
    row = next(line for line in copied("words", "status").out.splitlines() if line.startswith("English"))
    assert row.endswith("live")
    unknown = copied("words", "approve", "zz", "--by", "A. Person")
    assert unknown.code == 1
    assert unknown.err.startswith("zz is not in the table of languages.")
    assert copied("words", "approve", "en", "--by", " ").code == 1
