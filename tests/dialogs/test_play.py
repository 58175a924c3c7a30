"""A transcript is what a coordinator reads: she writes what the family does, the rest is filled in."""

import pytest

from dialogs.english import EnglishKnown, english
from dialogs.play import CannotTake, Played, play, refill
from dialogs.state import State
from tests.dialogs.shelf import script


def played(lines: str, **options: object) -> Played:
    found = script()
    return play(found, EnglishKnown(found), english(found), lines.strip("\n").splitlines(), **options)  # type: ignore[arg-type]


TRANSCRIPT = """\
# A parent leaves a message and is asked about danger.

family  /start
bot     Hello. You have reached Beside.
bot     Which language shall we use?
        [English]  [Deutsch]  [العربية]  [Any of them]
family  taps English
speaks  en
bot     Who is it about?
        [My child]  [My partner]  [Someone else entirely]  [Emergency]
family  writes daughter
bot     You do not have to tell us your name.
bot     We may have to call for help if:
        - a life is at risk
        - a child is in danger
        [Yes, I understand]  [What do you keep?]  [Not now]
family  taps Yes, I understand
agreed  limits
bot     May we keep what you write?
        [Yes, keep it]  [No, do not]
family  taps Yes, keep it
agreed  keep
bot     Is anyone in danger right now?
        [Yes, right now]  [No]  [I am not sure]

# now it matters
family  writes yes
bot     Please call 112 (all services).
desk    case for crisis, urgent: immediate danger
bot     Tell us in your own words what happened.
        [I would rather not]
crash here
family  writes He left this morning.
kept    story
bot     How are you now?
        [Rather well]  [Not so well]  [One question back]  [Ask me again]  [Leave it out]
"""


def test_a_transcript_is_filled_in_line_by_line() -> None:
    lines = played(TRANSCRIPT).lines
    assert "\n".join(lines) + "\n" == TRANSCRIPT


def test_only_the_lines_of_the_author_count() -> None:
    wrong = TRANSCRIPT.replace("bot     Who is it about?", "bot     Something old").replace(
        "kept    story\n", ""
    )
    found = script()
    assert refill(found, EnglishKnown(found), english(found), wrong) == TRANSCRIPT


def test_the_scenes_it_went_through_are_told() -> None:
    assert {"talk.welcome", "talk.danger-now", "talk.hope"} <= played(TRANSCRIPT).visited
    assert "talk.notes" not in played(TRANSCRIPT).visited
    assert played(TRANSCRIPT).state.scene == "talk.hope"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("family  taps Maybe", "“Maybe” is not on offer; there is: My child, My partner"),
        ("family  dances", "I do not understand “family  dances”"),
        ("later a while", "I do not understand"),
        ("given   level is T9", "“level” cannot be “T9”"),
        ("given   mood is low", "“mood” cannot be “low”"),
        ("family  taps earlier My child", "“My child” is not on offer"),
    ],
)
def test_a_line_that_cannot_be_taken_is_an_error_with_its_number(line: str, why: str) -> None:
    with pytest.raises(CannotTake) as error:
        played(f"# One\nfamily  /start\nfamily  taps English\n\n{line}\n")
    assert error.value.line == 5
    assert str(error.value).startswith(f"line 5: {why}")
    assert "bot     Who is it about?" in error.value.so_far


def test_always_there_buttons_can_be_tapped_anywhere() -> None:
    assert played("family taps Hide\n").lines == ("family taps Hide", "hidden", "bot     OK.")


def test_a_button_of_an_earlier_question_can_be_tapped() -> None:
    lines = played(
        "family  /start\nfamily  taps English\nfamily  taps My child\nfamily  taps earlier My partner"
    ).lines
    assert lines[-6:-4] == ("ignored old-button", "bot     That button is from earlier.")


def test_pictures_nonsense_and_empty_messages_can_be_sent() -> None:
    lines = played("family /start\nfamily sends a photo\nfamily sends nonsense\nfamily writes\n").lines
    told = [line for line in lines if line.startswith(("bot     I c", "ignored"))]
    assert told == ["bot     I can only read text.", "bot     I could not read that.", "ignored empty"]


NOTES = """\
given   level is T3
family  /start
family  taps English
family  taps My child
family  taps Yes, I understand
family  taps No, do not
family  taps No
family  writes it is long
family  taps Rather well
family  taps Yes, please
later   2 days
family  taps Not now
later   1 week
"""


def test_a_planned_note_comes_later_and_once() -> None:
    lines = played(NOTES).lines
    later = lines.index("later   2 days")
    assert lines[later - 4 : later] == (
        "agreed  keep",
        "plan    check-in at talk.check-in",
        "bot     My first note comes on Monday, 30 November.",
        "bot     Thank you. Take care.",
    )
    assert lines[later + 1 :] == (
        "bot     Hello, a short note for you.",
        "        [Yes]  [Not now]",
        "family  taps Not now",
        "bot     OK.",
        "later   1 week",
    )


def test_stop_takes_the_notes_back() -> None:
    lines = played(
        NOTES.replace("later   2 days", "family  writes stop\nlater   2 days").split("family  taps Not")[0]
    ).lines
    assert lines[-4:] == ("family  writes stop", "plan    no more notes", "bot     OK.", "later   2 days")


def test_the_hour_can_be_said() -> None:
    family = "family  /start\nfamily  taps I would rather not"
    assert "talk.closed" in played(f"night\n{family}", start="talk.story").visited
    assert "talk.closed" not in played(family, start="talk.story").visited


def test_news_from_the_desk_can_be_played() -> None:
    lines = played("family /start\ndesk closes as helped at talk.news\n").lines
    assert lines[-2:] == ("desk closes as helped at talk.news", "bot     Your note is ready.")


def test_another_language_speaks_from_the_moment_it_is_chosen() -> None:
    found = script()

    def loud(message: str, state: State) -> str:
        return english(found)(message, state).upper()

    spoken: list[str] = []

    def voice(lang: str) -> tuple[EnglishKnown, object]:
        spoken.append(lang)
        return EnglishKnown(found), loud

    lines = played("family  /start\nfamily  taps Deutsch\nfamily  taps MY CHILD", voice=voice).lines
    assert "bot     WHO IS IT ABOUT?" in lines and spoken == ["de"]
    lines = played("lang: ar\nfamily  /start", voice=voice).lines
    assert lines[2] == "bot     HELLO. YOU HAVE REACHED BESIDE." and spoken == ["de", "ar"]


def test_a_play_can_begin_at_any_scene() -> None:
    assert (
        played("family writes hello", start="talk.danger").lines[1]
        == "bot     Is anyone in danger right now?"
    )


def test_a_counted_message_says_one_or_many() -> None:
    found = script()
    assert (
        english(found, {"days_answers": "1"})("talk.kept-days", State()) == "We keep your answers for 1 day."
    )
    assert english(found)("talk.kept-days", State()) == "We keep your answers for 30 days."
