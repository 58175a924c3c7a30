"""A script without a mistake comes out whole, and what is not a mistake is not called one."""

import pickle

import pytest

from dialogs.check import check, check_script, check_waiting
from dialogs.graph import reached
from dialogs.join import fingerprint, join
from dialogs.read import read
from dialogs.script import Script
from dialogs.wording import ease
from tests.dialogs.shelf import good, judged, script

TOP = "# A talk\n\n> starts at [a](#a)\n\n"


def codes(text: str) -> list[str]:
    return [problem.code for problem in judged(TOP + text)[1]]


def test_the_test_sheets_have_no_problem() -> None:
    found, problems = check(good())
    assert problems == [] and isinstance(found, Script)


def test_a_script_holds_every_scene_but_the_pieces_and_the_row() -> None:
    found = script()
    assert "talk.who" in found.scenes and "always.again" in found.scenes
    assert not {"always.always", "pieces.level"} & found.scenes.keys()
    assert "pieces.level-t0" in found.messages
    assert found.start == "talk.welcome"
    assert [button.id.removeprefix("always.") for button in found.always] == [
        *("emergency", "person", "hide", "stop", "my-data", "back", "skip", "language")
    ]
    assert reached(found) == found.scenes.keys()


def test_a_script_can_be_pickled_and_compared() -> None:
    assert pickle.loads(pickle.dumps(script())) == script()


def test_the_name_of_an_edition_is_its_words_not_its_empty_lines() -> None:
    texts = good()
    again, _ = check({name: text.replace("\n", "\r\n") + "\n\n" for name, text in texts.items()})
    assert again is not None and again.hash == script().hash
    other, _ = check({**texts, "talk": texts["talk"].replace("Take care.", "Take good care.")})
    assert other is not None and other.hash != script().hash
    assert fingerprint(reversed(script().sheets)) == script().hash


def test_no_script_comes_out_with_a_problem_but_a_preview_is_possible() -> None:
    text = TOP + "## a\n\nWe are here.\n\n> end\n"
    assert judged(text)[0] is None
    preview = join([read("talk", text)[0]])
    assert list(preview.scenes) == ["talk.a"]


def test_problems_stand_in_the_order_of_sheets_and_lines() -> None:
    text = TOP + "## a\n\nWe are {here}. ^a\n\n> go to [b](#b)\n\n## c\n\nStay.\n"
    _, problems = check({"talk": text, "always": good()["always"].replace("## silence", "## silenc")})
    places = [(problem.sheet, problem.line) for problem in problems]
    assert places == sorted(places) and len(problems) > 4
    assert len(set(problems)) == len(problems)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "## a\n\nHi. ^a\n\n> go to [b](#bya)\n\n## bye\n\n> discreet\n\nOK. ^b\n\n> end",
            "Did you mean `talk.bye`? ",
        ),
        ("## a\n\nHi {servise}. ^a\n\n> end", "Did you mean `service`? "),
        ("## a\n\nHi. ^a\n\n> hand over to famlies, because x\n> end", "Did you mean `families`? "),
        ("## a\n\nHi. ^a\n\n> if hours is close, go to [a](#a)\n> end", "Did you mean `closed`? "),
        ("## a\n\nHi. ^a\n\n- [Yes](#a) agree too limits ^yes", "Did you mean `agree to NAME`? "),
    ],
)
def test_the_nearest_name_is_offered(text: str, hint: str) -> None:
    _, problems = judged(TOP + text + "\n")
    assert any(problem.hint.startswith(hint) for problem in problems), problems


# The promises: what leads where, and what was agreed by then

LISTEN = "Tell me. ^q\n\n> wait for text, keep it as story, then go to [end](#end)\n\n## end\n\n> end\n"
ASK = "> must be answered\n\nAll right? ^ask\n\n- [Yes](#{yes}) agree to limits{more} ^yes\n- [No](#end) ^no\n\n"


def test_words_may_be_kept_after_the_limits_were_agreed() -> None:
    assert codes(f"## a\n\n{ASK.format(yes='b', more='')}## b\n\n{LISTEN}") == []


def test_asking_whether_the_limits_are_agreed_counts() -> None:
    ask = ASK.format(yes="b", more="")
    assert (
        codes(
            f"## a\n\n> if limits is agreed, go to [b](#b)\n> go to [c](#c)\n\n## c\n\n{ask}## b\n\n{LISTEN}"
        )
        == []
    )
    assert (
        codes(f"## a\n\n> if limits is open, go to [c](#c)\n> go to [b](#b)\n\n## c\n\n{ask}## b\n\n{LISTEN}")
        == []
    )
    assert codes(
        f"## a\n\n> if limits is open, go to [b](#b)\n> go to [c](#c)\n\n## c\n\n{ask}## b\n\n{LISTEN}"
    ) == ["D20"]


def test_an_answer_that_only_those_have_who_agreed_counts() -> None:
    ask = ASK.format(yes="c", more="; set way to in").replace("[No](#end)", "[No](#c)")
    rest = "## c\n\n> if way is in, go to [b](#b)\n> end\n\n## b\n\n" + LISTEN
    assert codes(f"## a\n\n{ask}{rest}") == []
    assert codes(f"## a\n\n> set way to in\n\n{ask}{rest}") == ["D20"]


def test_the_way_without_agreement_is_named() -> None:
    _, problems = judged(f"{TOP}## a\n\nHi. ^hi\n\n> go to [b](#b)\n\n## b\n\n{LISTEN}")
    assert "talk.a - talk.b" in problems[0].text


def test_a_pushed_scene_brings_no_agreement_with_it() -> None:
    ask = ASK.format(yes="b", more="")
    pushed = "## news\n\n> discreet\n\nYour note is ready. ^news\n\n> go to [b](#b)\n"
    assert codes(f"## a\n\n{ask}## b\n\n{LISTEN}\n{pushed}") == ["D20"]


def test_a_planned_note_brings_what_was_agreed_when_it_was_planned() -> None:
    text = (
        f"## a\n\n{ASK.format(yes='b', more='; agree to follow')}## b\n\n"
        "> follow up by plan check-in at [note](#note)\n> end\n\n"
        f"## note\n\n> discreet\n\nOK. ^note\n\n> go to [c](#c)\n\n## c\n\n{LISTEN}"
    )
    assert codes(text) == []


def test_a_scene_that_asks_about_safety_but_lets_them_write_needs_no_second_question() -> None:
    ask = ASK.format(yes="b", more="")
    assert codes(f"## a\n\n{ask}## b\n\n> safety\n\n{LISTEN}") == []


def test_a_question_whose_answers_all_lead_to_one_place_can_be_skipped() -> None:
    assert codes("## a\n\nWell? ^a\n\n- [Yes](#b) ^yes\n- [No](#b) ^no\n\n## b\n\n> end\n") == []


def test_a_label_may_be_an_always_there_word_but_its_other_words_may_not() -> None:
    text = "## a\n\nWell? ^a\n\n- [Stop](#b){} ^x\n\n## b\n\n> end\n"
    assert codes(text.format("")) == []
    assert codes(text.format(" also: enough")) == ["D31"]
    same = "## a\n\nWell? ^a\n\n> if skipped, go to [b](#b)\n\n- [Help](always.md#emergency) also: sos ^x\n\n## b\n\n> end\n"
    assert codes(same) == []


def test_circles_through_a_question_are_no_circles() -> None:
    assert codes("## a\n\nWell? ^a\n\n- [Again](#b) ^x\n\n## b\n\n> go to [a](#a)\n") == []


def test_words_in_quotation_marks_are_somebody_elses() -> None:
    assert codes('## a\n\nSome say “calm down” or "you should have". It does not help. ^a\n\n> end\n') == []
    assert codes("## a\n\nPlease calm down. ^a\n\n> end\n") == ["D30"]


def test_a_talk_that_waits_in_a_scene_that_stays_is_fine() -> None:
    assert check_waiting(script(), ["talk.who", "", "always.again"]) == []
    assert [p.code for p in check_waiting(script(), ["talk.gone", "old.gone", "talk.gone"])] == ["D25", "D25"]


def test_an_empty_edition_is_no_script() -> None:
    found, problems = check({})
    assert found is None and {"D22", "D29"} <= {problem.code for problem in problems}


def test_a_whole_script_can_be_judged_again() -> None:
    assert check_script(script()) == []


def test_short_plain_sentences_are_easy() -> None:
    longest, grade = ease(
        "We sit with you. You can stop at any time. There is no hurry, and no wrong word here."
    )
    assert longest == 9 and grade < 3
    longest, grade = ease(
        "Considerable organisational preparation necessitates interdisciplinary communication " * 2
    )
    assert grade > 15
