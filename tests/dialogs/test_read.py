"""A sheet says what its author meant: four shapes, one table of sentences, nothing skipped in silence."""

import re
from pathlib import Path

import pytest

import dialogs
from dialogs.directions import CLAUSES, DIRECTIONS
from dialogs.read import read, stamp
from dialogs.script import (
    Agree,
    Button,
    Cancel,
    Choose,
    End,
    FollowUp,
    Forget,
    Goto,
    HandOver,
    Hide,
    Listen,
    Message,
    Return,
    Say,
    Scene,
    Set,
    Sheet,
    Step,
    Visit,
    When,
)

TOP = "# A talk\n\n> starts at [a](#a)\n\n"


def sheet(text: str) -> Sheet:
    found, problems = read("talk", text)
    assert problems == []
    return found


def scene(text: str) -> Scene:
    return sheet(f"{TOP}## a\n\n{text}\n").scenes[0]


def message(text: str) -> Message:
    return next(iter(sheet(f"{TOP}## a\n\n{text}\n").messages.values()))


def test_a_title_a_start_and_notes_stand_at_the_top() -> None:
    found = sheet(
        "# First contact\n\n> note: Warm and short.\n> starts at [b](other.md#b)\n> note: Second.\n"
    )
    assert (found.name, found.title, found.start) == ("talk", "First contact", "other.b")
    assert found.preface == ("Warm and short.", "Second.")


def test_pieces_say_so() -> None:
    assert sheet("# Pieces\n\n> these are pieces, not scenes\n\n## level\n\nsoon. ^t0\n").pieces


def test_line_breaks_inside_a_paragraph_join_to_one_line() -> None:
    assert message("We are here:\ntake  your time  \nand so on. ^x") == (
        Message("talk.x", "We are here: take your time and so on.")
    )


def test_signs_that_are_just_words_stay() -> None:
    for words in (
        "2 * 3 = 6",
        "snake_case and 5 < 6",
        "Tom & Co.",
        "[sic]",
        "24/7",
        "a – b",
        "50 % ~ half",
        "!",
    ):
        assert message(f"{words} ^x").text == words


def test_escaped_signs_stand_for_themselves() -> None:
    assert message(r"We say \*here\*. ^x").text == "We say *here*."


def test_a_no_break_space_stays() -> None:
    assert message("Call 1\u00a0450. ^x").text == "Call 1\u00a0450."


def test_a_list_without_links_belongs_to_the_paragraph_above() -> None:
    assert message("Three things:\n\n- eat\n- sleep\n  well\n- walk ^x").text == (
        "Three things:\n- eat\n- sleep well\n- walk"
    )


def test_bullets_may_be_followed_by_buttons_at_once() -> None:
    found = scene("Two things:\n- eat\n- sleep ^x\n\n- [Fine](#b) ^fine")
    assert [type(step) for step in found.steps] == [Say, Choose]


def test_a_counted_message_has_two_lines_and_one_id() -> None:
    found = message("one: For {days_chat} day.\nmany: For {days_chat} days. ^x")
    assert (found.one, found.text) == ("For {days_chat} day.", "For {days_chat} days.")


def test_a_button_leads_sets_agrees_and_has_other_words() -> None:
    text = "Well? ^a\n\n- [Yes, please](other.md#b) set mood to well; agree to limits; also: ok ,  fine; set x to y ^yes"
    found = sheet(f"{TOP}## a\n\n{text}\n")
    choose = found.scenes[0].steps[1]
    assert choose == Choose(
        (Button("talk.yes", "other.b", (("mood", "well"), ("x", "y")), ("limits",), "talk.yes.also"),)
    )
    assert found.messages["talk.yes"].text == "Yes, please"
    assert found.messages["talk.yes"].kind == "button"
    assert found.messages["talk.yes.also"].text == "ok, fine"
    assert found.messages["talk.yes.also"].kind == "also"


@pytest.mark.parametrize("place", ["back", "resume", "skip", "same"])
def test_a_button_may_lead_to_a_place_that_is_no_scene(place: str) -> None:
    assert scene(f"Well? ^a\n\n- [x](#{place}) ^x").steps[1] == Choose((Button("talk.x", place),))


DIRECTIONS_OF_THE_PLAY: list[tuple[str, Step]] = [
    ("offer the languages, then go to [b](#b)", Choose((), languages="talk.b")),
    ("offer the languages, then go to [on](#resume)", Choose((), languages="resume")),
    ("wait for text, keep it as story, then go to [b](#b)", Listen("story", "talk.b")),
    (
        "wait for text, keep it as story, at most 60 letters, then go to [b](#b)",
        Listen("story", "talk.b", 60),
    ),
    ("set limits_ok to yes", Set("limits_ok", "yes")),
    ("if person is child, go to [b](#b)", When("person", ("child",), "talk.b")),
    ("if level is T0 or T1, go to [b](x.md#b)", When("level", ("T0", "T1"), "x.b")),
    ("if it is outside opening hours, go to [b](#b)", When("hours", ("closed",), "talk.b")),
    ("go to [b](#b)", Goto("talk.b")),
    ("visit [b](#b)", Visit("talk.b")),
    ("go back to where they were", Return()),
    ("hand over to families, because they asked, twice", HandOver("families", False, "they asked, twice")),
    ("hand over to crisis, urgent, because danger now", HandOver("crisis", True, "danger now")),
    ("follow up by plan check-in at [b](#b)", FollowUp("check-in", "talk.b")),
    ("cancel follow-ups", Cancel()),
    ("remember their agreement to keep", Agree("keep")),
    ("hide the chat", Hide()),
    ("forget everything", Forget()),
    ("end", End()),
]


@pytest.mark.parametrize(("words", "step"), DIRECTIONS_OF_THE_PLAY)
def test_a_stage_direction_is_one_step(words: str, step: Step) -> None:
    assert scene(f"> {words}").steps == (step,)
    assert scene(f">   {words.replace(' ', '  ')}  ").steps == (step,)


def test_what_is_about_a_scene_may_stand_anywhere_in_it() -> None:
    found = scene(
        "> note: One.\n> must be fresh\n\nIs it safe? ^q\n\n> safety\n> discreet\n> must be answered\n"
        "> in the summary: Safety ^sum\n> if not understood, go to [b](#b)\n> if skipped, go to [c](x.md#c)\n"
    )
    assert (found.notes, found.fresh, found.safety, found.discreet) == (("One.",), True, True, True)
    assert (found.must_answer, found.if_missed, found.if_skipped) == (True, "talk.b", "x.c")
    assert found.summary == "talk.sum"


def test_skipping_may_lead_back_to_where_they_were() -> None:
    assert scene("> if skipped, go to [on](#resume)").if_skipped == "resume"


def test_messages_carry_the_notes_and_flags_of_their_scene() -> None:
    found = sheet(
        f"{TOP}## a\n\n> note: For all.\n> must be fresh\n> discreet\n> in the summary: Title ^sum\n\n"
        "One. ^one\n\n> note: For two only.\n\nTwo. ^two\n\n- [Three](#a) ^three\n"
    )
    notes = {name.removeprefix("talk."): message.notes for name, message in found.messages.items()}
    assert notes == {
        "sum": ("For all.",),
        "one": ("For all.",),
        "two": ("For all.", "For two only."),
        "three": ("For all.",),
    }
    assert all(message.fresh and message.discreet for message in found.messages.values())


def test_a_list_right_after_waiting_adds_its_buttons_to_the_same_question() -> None:
    listen = scene(
        "Tell me. ^q\n\n> wait for text, keep it as story, then go to [b](#b)\n\n- [Later](#b) ^later"
    ).steps
    assert listen[1] == Listen("story", "talk.b", buttons=(Button("talk.later", "talk.b"),))
    offer = scene("Which? ^q\n\n> offer the languages, then go to [b](#b)\n\n- [Any](#b) ^any").steps
    assert offer[1] == Choose((Button("talk.any", "talk.b"),), languages="talk.b")


def test_lines_are_those_of_the_file() -> None:
    found = sheet(
        "# A talk\r\n\r\n## a\r\n\r\nOne. ^one\r\n\r\nTwo,\r\nin two lines. ^two\r\n\r\n- [x](#a) ^x\r\n> end\r\n"
    )
    assert [step.line for step in found.scenes[0].steps] == [5, 7, 10, 11]
    assert found.messages["talk.x"].line == 10


# The table of sentences


def test_the_table_is_the_one_in_the_handbook() -> None:
    handbook = (Path(dialogs.__file__).parent.parent / "docs" / "sheets.md").read_text(encoding="utf-8")
    told = {_plain(words) for words in re.findall(r"`> ([^`]+)`", handbook)}
    assert {_plain(sentence) for _, sentence in DIRECTIONS.values()} <= told
    clauses = {_plain(words) for words in re.findall(r"`((?:set|agree|also)[^`]*)`", handbook)}
    assert {_plain(sentence) for sentence in CLAUSES.values()} <= clauses


def _plain(sentence: str) -> str:
    """The fixed words of a sentence: slots and examples are all the same."""
    sentence = re.sub(r"\[[^\]]*\]\([^)]*\)|LINK", "…", sentence)
    sentence = re.sub(r": .*", ": …", sentence)
    return re.sub(r"VALUE or VALUE|VALUES|VALUE|NAME|WORDS|QUEUE|\bN\b", "…", sentence)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("goto [b](#b)", "go to LINK"),
        ("wait for txt, keep it as x, then go to [b](#b)", "wait for text, keep it as NAME, then go to LINK"),
        ("hand over to crisis because danger", "hand over to QUEUE, because WORDS"),
        ("cancel the follow-ups", "cancel follow-ups"),
        ("must be frsh", "must be fresh"),
    ],
)
def test_an_unknown_sentence_is_answered_with_the_nearest_one(words: str, meant: str) -> None:
    _, problems = read("talk", f"{TOP}## a\n\n> {words}\n")
    assert [problem.code for problem in problems] == ["D04"]
    assert problems[0].hint.startswith(f"Did you mean `{meant}`?")


@pytest.mark.parametrize(
    "words",
    [
        *(
            "End",
            "end.",
            "ends",
            "set x to",
            "set X to y",
            "set x to y z",
            "if x is y",
            "go to #b",
            "go to [b]",
        ),
        *("note:", "hand over to crisis, because ", "go to [b](#b) now"),
        "wait for text, keep it as story, at most 0 letters, then go to [b](#b)",
    ],
)
def test_a_sentence_is_known_to_the_letter_or_not_at_all(words: str) -> None:
    assert "D04" in [problem.code for problem in read("talk", f"{TOP}## a\n\nHi. ^a\n\n> {words}\n")[1]]


# Ids


def test_a_stamp_gives_missing_ids_from_scene_and_words_and_changes_nothing_else() -> None:
    text = (
        "# A talk\n\n## who\n\n> in the summary: Who it is about\n\nWho is it about, and\nsince when?  \n\n"
        "- [My child's friend](#who) set a to b\n- [Other](#who) ^other\n\nThings:\n\n- eat\n- sleep\n\n"
        "Who is it about, and when? ^who-who-is-it-2\n\nÄh? ^who\n\n> end\n"
    )
    stamped = stamp(text)
    added = [(old, new) for old, new in zip(text.split("\n"), stamped.split("\n"), strict=True) if old != new]
    assert added == [
        ("> in the summary: Who it is about", "> in the summary: Who it is about ^who-who-it-is-about"),
        ("since when?  ", "since when? ^who-who-is-it-about"),
        (
            "- [My child's friend](#who) set a to b",
            "- [My child's friend](#who) set a to b ^who-my-childs-friend-set",
        ),
        ("- sleep", "- sleep ^who-things-eat-sleep"),
    ]
    assert stamp(stamped) == stamped
    assert "D01" not in [problem.code for problem in read("talk", stamped)[1]]


def test_a_stamp_never_gives_an_id_twice() -> None:
    text = "# A talk\n\n## a\n\nHello.\n\nHello.\n\nHello. ^a-hello-3\n\nHello.\n"
    ids = re.findall(r"\^(\S+)", stamp(text))
    assert ids == ["a-hello", "a-hello-2", "a-hello-3", "a-hello-4"]
