"""How a talk goes on: taps, words, pictures, silence - and what is never done with them."""

from dataclasses import replace

import pytest

from dialogs.effects import (
    Agreed,
    Cancelled,
    ForgetMe,
    HandedOver,
    HideMe,
    Ignored,
    Kept,
    LanguageChosen,
    Planned,
    Said,
)
from dialogs.events import CameDue, CaseClosed, Garbled, Pressed, Showed, Started, Wrote
from dialogs.join import join
from dialogs.read import read
from dialogs.state import State
from tests.dialogs.shelf import good
from tests.dialogs.talk import Talk, at_limits, at_story

# The beginning


@pytest.mark.parametrize(
    "event", [Started(), Wrote("hello"), Showed("photo"), Garbled(), Pressed("talk.child", 3)]
)
def test_whatever_comes_first_begins_the_talk(event: Started | Wrote | Showed | Garbled | Pressed) -> None:
    talk = Talk().send(event)
    assert talk.said == ["welcome", "which-language"]
    assert talk.others == []
    assert talk.at == "welcome"


def test_the_last_message_of_a_turn_carries_the_buttons() -> None:
    first, last = Talk().send(Started()).effects
    assert first == Said("talk.welcome", always=False)
    assert last == Said("talk.which-language", ("talk.any-language",), languages=True)


def test_an_emergency_comes_before_everything_else() -> None:
    talk = Talk().writes("SOS!")
    assert talk.said == ["always.call"]
    assert talk.taps("always.emergency-on").said == ["welcome", "which-language"]


def test_skip_and_back_as_the_first_word_begin_the_talk() -> None:
    assert Talk().writes("skip").at == "welcome"
    assert Talk().writes("back").at == "welcome"


def test_start_in_the_middle_asks_the_open_question_again() -> None:
    talk = at_limits().send(Started())
    assert talk.said == ["limits", "limits-when"]
    assert talk.at == "limits"


# Answers


def test_a_language_is_chosen_by_tap_name_code_or_number() -> None:
    for talk in (
        Talk().send(Started()).taps("lang:de"),
        Talk().send(Started()).writes("deutsch"),
        Talk().send(Started()).writes("DE"),
        Talk().send(Started()).writes("2"),
    ):
        assert talk.others == [LanguageChosen("de")]
        assert talk.at == "who"


def test_a_language_that_is_not_on_offer_is_an_old_button() -> None:
    assert Talk().send(Started()).taps("lang:xx").others == [Ignored("old-button")]
    assert at_limits().taps("lang:de").others == [Ignored("old-button")]


def test_languages_are_counted_before_the_buttons() -> None:
    talk = Talk().send(Started()).writes("4")
    assert talk.state.picked == {"talk.welcome": "talk.any-language"}


def test_an_answer_is_remembered_with_its_button() -> None:
    talk = at_limits()
    assert talk.state.answers == {"person": "child"}
    assert talk.state.picked == {"talk.who": "talk.child"}
    assert talk.said == ["limits", "limits-when"]
    assert talk.offered == ("limits-yes", "limits-what", "limits-no")


def test_words_labels_and_numbers_are_taken_like_taps() -> None:
    for text in ("My partner", "my PARTNER.", "wife", "2", "٢", "(2)", "my partnr"):
        assert Talk().send(Started()).taps("lang:de").writes(text).state.answers == {"person": "partner"}


def test_an_agreement_is_told_once() -> None:
    talk = at_limits().taps("limits-yes")
    assert talk.others == [Agreed("limits")]
    again = talk.writes("back").taps("limits-yes")
    assert again.others == []
    assert again.state.agreed == ("limits",)


def test_a_label_of_the_open_question_wins_over_an_always_word() -> None:
    talk = Talk().send(Started()).taps("lang:de").writes("emergency")
    assert talk.state.picked == {"talk.who": "talk.someone-emergency"}
    assert talk.at == "limits"


def test_back_same_and_skip_are_places_a_button_may_lead_to() -> None:
    talk = at_story().writes("it began in May")
    assert talk.at == "hope"
    assert talk.taps("hope-same").at == "hope"
    assert talk.taps("hope-back").at == "story"
    talk.writes("that is all").taps("hope-skip")
    assert talk.at == "notes"


# Old buttons


def test_the_same_tap_twice_counts_once() -> None:
    talk = Talk().send(Started()).taps("lang:de")
    tap = Pressed("talk.child", talk.state.asked)
    talk.send(tap)
    before = talk.state
    assert talk.send(tap).others == [Ignored("old-button")]
    assert talk.said == ["always.old", "limits-when"]
    assert talk.state.answers == before.answers
    assert talk.state.asked == before.asked + 1


def test_a_button_of_an_earlier_asking_is_old_even_in_the_same_question() -> None:
    talk = at_limits()
    old = talk.state.asked
    talk.writes("what is this").taps("always.missed-early-choices")
    assert talk.at == "limits"
    assert talk.send(Pressed("talk.limits-yes", old)).others == [Ignored("old-button")]
    assert talk.taps("limits-yes").others == [Agreed("limits")]


def test_a_tap_nobody_knows_is_answered_kindly() -> None:
    talk = at_limits().send(Pressed("", 1))
    assert talk.others == [Ignored("old-button")]
    assert talk.said == ["always.old", "limits-when"]


def test_an_always_button_works_however_old_it_is() -> None:
    assert at_limits().send(Pressed("always.emergency", -5)).said == ["always.call"]


def test_an_old_tap_after_the_end_says_no_more_than_hello() -> None:
    talk = at_limits().writes("stop").send(Pressed("talk.limits-yes", 3))
    assert talk.others == [Ignored("old-button")]
    assert talk.said == ["always.again"]


# Always there


def test_every_detour_comes_back_to_the_open_question() -> None:
    talk = at_limits().writes("/emergency")
    assert talk.state.returns == ("talk.limits",)
    talk.taps("always.emergency-on")
    assert talk.said == ["limits", "limits-when"]
    assert talk.state.returns == ()


def test_a_detour_from_a_detour_comes_back_all_the_way() -> None:
    talk = at_limits().writes("emergency", "language", "/emergency", "language")
    assert talk.state.returns == ("talk.limits", "always.emergency")
    talk.taps("lang:ar")
    assert talk.at == "always.emergency"
    assert talk.taps("always.emergency-on").at == "limits"


def test_back_from_a_detour_is_the_question_they_left() -> None:
    talk = at_limits().writes("emergency", "back")
    assert talk.at == "limits"
    assert talk.state.returns == ()
    assert talk.writes("back").at == "who"


def test_a_detour_that_is_over_is_not_on_the_way_back() -> None:
    for button in ("always.emergency-on", "always.missed-early-choices", "lang:de"):
        word = {"always.emergency-on": "emergency", "lang:de": "language"}.get(button, "what is this")
        talk = at_limits().writes(word).taps(button)
        assert talk.at == "limits"
        assert talk.writes("back").at == "who"


def test_of_many_places_to_come_back_to_the_first_is_kept() -> None:
    talk = at_limits()
    places = (
        "talk.limits",
        *(f"talk.{name}" for name in ("keep", "danger", "hope", "notes", "who", "welcome", "x")),
    )
    talk.state = replace(talk.state, scene="talk.danger-sure", returns=places)
    talk.writes("emergency")
    assert talk.state.returns == (places[0], *places[2:], "talk.danger-sure")


def test_back_goes_thirty_questions_far() -> None:
    talk = at_limits()
    talk.state = replace(talk.state, trail=tuple(["talk.who", "talk.keep"] * 15))
    talk.taps("limits-yes")
    assert len(talk.state.trail) == 30 and talk.state.trail[-1] == "talk.limits"


def test_back_at_the_very_beginning_asks_again() -> None:
    assert Talk().send(Started()).writes("back", "back").at == "welcome"


def test_always_words_work_in_every_language() -> None:
    class Everywhere(Talk):
        @property
        def languages(self) -> list[tuple[str, str]]:
            return [("ar", "العربية")]

        def labels(self, message_id: str, everywhere: bool) -> list[str]:
            return ["Notfall", "طوارئ"] if everywhere and message_id == "always.emergency" else []

        def derived(self, name: str, state: State) -> str:
            raise AssertionError(name)

    known = Everywhere()
    for text in ("notfall!", "طَوارِئ"):
        assert Talk(known=known).writes("hello", text).said == ["always.call"]


def test_a_story_that_holds_an_always_word_is_a_story() -> None:
    talk = at_story().writes("He said stop, and I need help with him")
    assert talk.others == [Kept("story", "He said stop, and I need help with him")]


def test_stop_ends_the_talk_and_every_note() -> None:
    talk = at_story().writes("Stop")
    assert talk.others == [Cancelled()]
    assert talk.said == ["always.stopped"]
    assert talk.at == "over"
    assert talk.state.trail == () and talk.state.returns == ()


def test_hide_clears_the_chat_and_keeps_the_place() -> None:
    talk = at_story().writes("xx")
    assert talk.others == [HideMe()]
    assert talk.effects[-1] == Said("always.hidden", always=False)
    assert talk.at == "over"
    assert talk.writes("hello").said == ["always.again"]
    assert talk.taps("always.again-yes").said == ["story"]


def test_after_hide_an_emergency_does_not_bring_the_hidden_question_back() -> None:
    talk = at_story().writes("..", "person")
    assert talk.said == ["always.person-when"]
    assert talk.at == "over"
    assert talk.state.returns == ("talk.story",)


def test_forget_leaves_nothing() -> None:
    talk = at_story().writes("my data").taps("always.my-data-delete")
    assert talk.others == [ForgetMe()]
    assert talk.said == ["always.gone"]
    assert talk.state == State()
    assert talk.writes("hello").at == "welcome"


def test_a_talk_may_go_on_after_everything_was_forgotten() -> None:
    text = (
        "# T\n\n> starts at [a](#a)\n\n## a\n\nHi. ^a\n\n- [Go](#b) set mood to low; agree to limits ^go\n\n"
        "## b\n\n> forget everything\n\nShall we begin anew? ^b\n\n- [Yes](#a) ^yes\n"
    )
    talk = Talk(join([read("talk", text)[0]])).send(Started()).taps("go")
    assert talk.at == "b" and talk.offered == ("yes",)
    assert (talk.state.answers, talk.state.picked, talk.state.agreed) == ({}, {}, ())
    assert talk.state.trail == () and talk.state.returns == ()


# Skipping


def test_a_question_is_skipped_to_where_the_sheet_says() -> None:
    assert Talk().send(Started()).taps("lang:de").writes("skip").at == "limits"


def test_a_question_with_one_way_on_is_skipped_there() -> None:
    talk = at_limits().writes("what is this")
    assert talk.at == "always.not-understood-early"
    assert talk.writes("skip").at == "limits"


def test_a_question_that_must_be_answered_says_so() -> None:
    talk = at_limits().writes("skip")
    assert talk.said == ["always.cannot-skip", "limits-when"]
    assert talk.at == "limits"


def test_skipping_after_the_end_says_hello() -> None:
    assert at_limits().writes("stop", "skip").said == ["always.again"]


# Not understood


def test_before_the_limits_nothing_that_was_written_is_kept() -> None:
    talk = at_limits().writes("my son Tim wants to leave")
    assert talk.others == []
    assert talk.said == ["always.missed-early"]


def test_after_both_agreements_an_aside_is_kept_for_the_counsellor() -> None:
    talk = at_story().writes("It began in May", "who are you really")
    assert talk.others == [Kept("aside", "who are you really")]
    assert talk.said == ["always.missed"]
    assert talk.taps("always.missed-choices").said == ["hope"]


def test_without_the_agreement_to_keep_an_aside_is_not_kept() -> None:
    talk = at_limits().taps("limits-yes", "keep-no", "danger-no").writes("what matters", "who are you really")
    assert talk.at == "always.not-understood"
    assert talk.others == []


def test_no_prompt_comes_a_third_time_a_person_is_offered() -> None:
    talk = at_limits().writes("one thing", "another thing")
    assert talk.said == ["always.missed-early"]
    talk.writes("a third thing")
    assert talk.said == ["always.person-limits", "always.person-ask"]
    assert talk.taps("always.person-no").at == "limits"


def test_understanding_something_in_between_begins_the_count_anew() -> None:
    talk = at_limits().writes("one thing", "another thing", "choices", "a third thing")
    assert talk.said == ["always.missed-early"]
    talk.writes("a fourth thing", "language", "1", "a fifth thing")
    assert talk.said == ["always.missed-early"]
    talk.writes("a sixth thing", "emergency", "not an answer")
    assert talk.at == "always.emergency"


def test_danger_that_was_not_understood_goes_where_the_sheet_says() -> None:
    talk = at_limits().taps("limits-yes", "keep-no")
    assert talk.writes("he has a knife").at == "danger-sure"
    talk.writes("a big one")
    assert talk.others == [HandedOver("crisis", True, "immediate danger")]
    assert talk.said == ["danger-now", "short-story"]


def test_a_near_miss_never_says_no_to_danger() -> None:
    for text in ("no, he has a knife", "noo", "not now", "nobodi"):
        talk = at_limits().taps("limits-yes", "keep-no").writes(text)
        assert talk.at == "danger-sure"


def test_a_danger_question_that_leads_to_itself_offers_a_person_in_the_end() -> None:
    talk = at_limits().writes("emergency", "mm", "hm", "hmm")
    assert talk.said == ["always.person-limits", "always.person-ask"]


# Their own words


def test_their_words_are_kept_whole_in_pieces_of_the_asked_length() -> None:
    story = "x" * 250
    talk = at_story().writes(story)
    kept = [effect for effect in talk.effects if isinstance(effect, Kept)]
    assert [len(effect.text) for effect in kept] == [100, 100, 50]
    assert {effect.name for effect in kept} == {"story"}
    assert talk.at == "hope"


def test_without_the_limits_no_word_is_kept() -> None:
    talk = Talk().to("story").writes("my son")
    assert talk.others == [Ignored("limits")]
    assert talk.said == ["story"] and talk.at == "story"


def test_a_button_beside_an_open_question_works_typed_exactly() -> None:
    assert at_story().writes("rather not").state.answers["told"] == "no"
    assert at_story().writes("I would rather not say his name").others[0] == Kept(
        "story", "I would rather not say his name"
    )
    assert at_story().writes("1").others == [Kept("story", "1")]


@pytest.mark.parametrize("text", ["", "   \n", "\u200b\u200f", "\x00"])
def test_nothing_visible_is_asked_again(text: str) -> None:
    talk = at_story().writes(text)
    assert talk.others == [Ignored("empty")]
    assert talk.said == ["story"] and talk.state.misses == 0


def test_a_picture_is_answered_and_not_kept() -> None:
    talk = at_story().send(Showed("voice"))
    assert talk.others == []
    assert talk.said == ["always.only-text", "story"]
    assert talk.at == "story"


def test_what_could_not_be_read_is_said_so() -> None:
    talk = at_story().send(Garbled())
    assert talk.said == ["always.unreadable", "story"]
    assert talk.offered == ("story-not",)


# Notes and news


def test_a_note_that_came_due_stands_alone_and_leads_nowhere_else() -> None:
    talk = at_story().send(CameDue("check-in", "talk.check-in"))
    assert talk.effects == (Said("talk.check-in", ("talk.check-in-yes", "talk.check-in-no"), always=False),)
    assert talk.at == "check-in"


def test_after_a_discreet_word_the_open_question_waits_in_silence() -> None:
    talk = at_story()
    asked = talk.state.asked
    talk.send(CaseClosed("helped", "talk.news"))
    assert talk.effects == (Said("talk.news", always=False),)
    assert talk.at == "story" and talk.state.asked == asked
    assert talk.taps("story-not").state.answers["told"] == "no"


def test_a_note_after_the_end_leaves_it_ended() -> None:
    talk = at_limits().writes("stop").send(CaseClosed("helped", "talk.news"))
    assert talk.said == ["news"] and talk.at == "over"


def test_a_note_whose_scene_is_gone_says_nothing() -> None:
    talk = at_story()
    before = talk.state
    talk.send(CameDue("check-in", "talk.gone"))
    assert talk.effects == (Ignored("unknown-scene"),)
    assert talk.state == before


def test_a_follow_up_is_planned_only_when_agreed_to() -> None:
    talk = at_story().taps("story-not")
    assert talk.taps("notes-no").others == []
    talk = at_story().taps("story-not", "notes-yes")
    assert talk.others == [Agreed("follow"), Planned("check-in", "talk.check-in")]
    assert talk.said == ["plan", "bye"] and talk.at == "over"


# Scenes


def test_a_visit_comes_back_to_where_it_left() -> None:
    talk = at_limits().taps("limits-what")
    assert talk.said == ["kept-days", "limits", "limits-when"]
    assert talk.path == ("talk.explain", "talk.kept", "talk.explain", "talk.limits")
    assert talk.state.returns == ()


def test_the_hour_and_the_level_decide_where_it_goes() -> None:
    for hours, said in (("open", ["soon", "notes"]), ("closed", ["closed", "notes"])):
        talk = Talk(hours=hours).to("danger").taps("danger-no")
        talk.taps("story-not")
        assert talk.others == [HandedOver("families", False, "they wait")]
        assert talk.said == said
        assert talk.state.answers["mood"] == "low"
    assert Talk(level="T1").to("story").taps("story-not").at == "notes"


def test_safety_texts_and_handoffs_go_first() -> None:
    talk = at_limits().taps("limits-yes", "keep-no", "danger-yes")
    urgent = {effect.message: effect.urgent for effect in talk.effects if isinstance(effect, Said)}
    assert urgent == {"talk.danger-now": True, "talk.short-story": False}
    alarm = Talk().writes("sos").taps("always.emergency-come")
    assert [effect.urgent for effect in alarm.effects if isinstance(effect, Said)] == [True]


def test_a_safety_question_asked_again_goes_first_too() -> None:
    talk = at_limits().taps("limits-yes", "keep-no").send(Showed("photo"))
    urgent = {effect.message: effect.urgent for effect in talk.effects if isinstance(effect, Said)}
    assert urgent == {"always.only-text": False, "talk.danger": True}


def test_only_the_last_message_shows_the_always_there_row() -> None:
    talk = at_limits()
    assert [effect.always for effect in talk.effects if isinstance(effect, Said)] == [False, True]


def test_every_asking_has_a_new_number() -> None:
    talk = Talk().send(Started())
    asked = [talk.state.asked]
    asked += [talk.writes(text).state.asked for text in ("deutsch", "back", "1", "nonsense words")]
    assert asked == sorted(set(asked))


# When something is broken


@pytest.mark.parametrize(
    "event", [Wrote("hello"), Pressed("talk.child", 1), Started(), Showed("photo"), Garbled()]
)
def test_a_talk_in_a_scene_that_is_gone_says_hello_again(
    event: Started | Wrote | Showed | Garbled | Pressed,
) -> None:
    talk = Talk()
    talk.state = State(scene="talk.gone", asked=1, returns=("talk.gone", "talk.who@99", "nonsense"))
    talk.send(event)
    assert talk.said and not any(isinstance(effect, HandedOver) for effect in talk.effects)
    assert talk.at in {"always.again", "over", "who"}


def test_an_endless_circle_ends_with_a_person_and_keeps_the_place() -> None:
    text = "# T\n\n> starts at [a](#a)\n\n## a\n\nHi. ^a\n\n- [Go](#b) ^go\n\n## b\n\nRound. ^b\n\n> go to [b](#b)\n"
    script = join([read("talk", text)[0], read("always", good()["always"])[0]])
    talk = Talk(script).send(Started())
    before = talk.state
    talk.taps("go")
    assert talk.effects == (
        Said("always.trouble", urgent=True),
        HandedOver("families", urgent=True, because="trouble"),
    )
    assert talk.state == before
