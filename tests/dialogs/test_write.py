"""Files and the studio are the same text: what is read is written back, and nothing is lost on the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.read import read, stamp
from dialogs.write import write
from tests.dialogs.shelf import SHEETS, good
from tests.dialogs.test_engine_any import SHIPPED

CANONICAL = """# A \\*talk\\*

> note: Warm and short.
> starts at [a](#a)

## a

> note: One.
> note: Two.
> must be fresh
> safety
> discreet
> must be answered
> in the summary: How they are ^sum
> if not understood, go to [b](other.md#b)
> if skipped, go to [resume](#resume)

We say \\*here\\*. ^here

> set mood to well
> if it is outside opening hours, go to [b](#b)
> note: For this one only.

Things you can do:

- eat
- sleep ^things

one: For {days_chat} day.
many: For {days_chat} days. ^days

> wait for text, keep it as story, at most 60 letters, then go to [b](#b)

- [Yes [really]](#b) set mood to low; set x to y; agree to keep; also: ok, fine ^yes
- [Back [or not]](#back) ^back

## b

> offer the languages, then go to [resume](#resume)
"""


def test_canonical_text_stays_as_it_is() -> None:
    sheet, problems = read("talk", CANONICAL)
    assert problems == []
    assert write(sheet) == CANONICAL


def test_every_way_to_write_the_same_is_written_in_one_way() -> None:
    text = CANONICAL.replace("> must be fresh\n> safety\n", "> safety\n> must be fresh\n")
    text = text.replace("- eat\n- sleep ^things", "* eat\n\n* sleep\n  ^things").replace("\n", "\r\n")
    text = text.replace("outside opening hours, go to [b]", "outside  opening hours, go to [elsewhere]")
    text = text.replace("> set mood to well\r\n", "> set mood to well\r\n\r\n").replace(
        "ok, fine", "ok,fine ,"
    )
    assert write(read("talk", text)[0]) == CANONICAL


@pytest.mark.parametrize("name", sorted(good()))
def test_the_test_sheets_are_canonical(name: str) -> None:
    sheet, problems = read(name, good()[name])
    assert problems == []
    assert write(sheet) == good()[name]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.md")), ids=lambda path: path.stem)
def test_the_shipped_sheets_survive_being_written(path) -> None:  # type: ignore[no-untyped-def]
    sheet, _ = read(path.stem, path.read_text(encoding="utf-8"))
    again, problems = read(path.stem, write(sheet))
    assert problems == [] and again == sheet
    assert list(again.messages) == list(sheet.messages), "translators meet the texts in the same order"


def test_only_sheets_stand_on_the_shelf() -> None:
    assert {path.name for path in SHEETS.iterdir()} == {"always.md", "pieces.md", "talk.md", "bad"}


# Any text

NAMES = st.from_regex(r"[a-z]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
SIGNS = st.text("ab Ã\u0645 \u00a0*_`[]()<>#!&;:|~\\{}.,+-=1\"'/^%…", min_size=1, max_size=30)
LINE = SIGNS.map(lambda text: " ".join(text.replace("^", "").split(" ")).strip()).filter(
    lambda text: text and not text.startswith(("one:", "many:"))
)
LINKS = st.builds(
    "[x]({}#{})".format, st.sampled_from(["", "other.md"]), NAMES.filter(lambda n: n not in "same skip back")
)
ABOUT = st.sampled_from(["must be fresh", "safety", "discreet", "must be answered"]) | st.builds(
    "note: {}".format, NAMES
)
PLAY = st.one_of(
    st.builds("go to {}".format, LINKS),
    st.builds("visit {}".format, LINKS),
    st.builds("set {} to {}".format, NAMES, NAMES),
    st.builds("if {} is {} or {}, go to {}".format, NAMES, NAMES, NAMES, LINKS),
    st.builds("hand over to {}, because {} {}".format, NAMES, NAMES, NAMES),
    st.builds("note: {} {}".format, NAMES, NAMES),
    st.sampled_from(
        ["end", "hide the chat", "forget everything", "cancel follow-ups", "go back to where they were"]
    ),
)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """A sheet as somebody might write it, with any signs in its words, escaped where Markdown would take them."""
    count = iter(range(1, 1000))

    def words(text: str) -> str:
        return "".join(
            f"\\{sign}" if sign in "\\`*_[]<>#&!|~+-=.()\"':" and sign.isascii() else sign for sign in text
        )

    blocks = [f"# {words(draw(LINE))}", f"> starts at {draw(LINKS)}"]
    for number in range(draw(st.integers(1, 4))):
        blocks.append(f"## scene-{number}")
        blocks += [f"> {line}" for line in draw(st.lists(ABOUT, max_size=3))]
        for _ in range(draw(st.integers(0, 4))):
            kind = draw(st.sampled_from(["say", "say", "bullets", "play", "buttons", "counted", "wait"]))
            if kind == "say":
                blocks.append(f"{words(draw(LINE))} ^i{next(count)}")
            elif kind == "bullets":
                lines = "\n".join(f"* {words(line)}" for line in draw(st.lists(LINE, min_size=1, max_size=3)))
                blocks.append(f"{words(draw(LINE))}\n\n{lines} ^i{next(count)}")
            elif kind == "counted":
                blocks.append(f"one: {words(draw(LINE))}\nmany: {words(draw(LINE))} ^i{next(count)}")
            elif kind == "wait":
                blocks.append(f"> wait for text, keep it as {draw(NAMES)}, then go to {draw(LINKS)}")
            elif kind == "play":
                blocks.append("\n".join(f"> {line}" for line in draw(st.lists(PLAY, min_size=1, max_size=3))))
            else:
                blocks.append("Well? ^q" + str(next(count)))
                link = draw(LINKS).removeprefix("[x]")
                blocks.append(f"- [{words(draw(LINE))}]{link} also: {words(draw(NAMES))} ^i{next(count)}")
    return "\n\n".join(blocks) + "\n"


@settings(max_examples=150, deadline=None)
@given(sheets())
def test_what_is_written_is_read_back(text: str) -> None:
    sheet, problems = read("talk", text)
    assert problems == []
    written = write(sheet)
    again, problems = read("talk", written)
    assert problems == []
    assert again == sheet and list(again.messages) == list(sheet.messages)
    assert write(again) == written


@settings(max_examples=200, deadline=None)
@given(st.text("ab #>*-_`[]()\n\n\n^:;<&\\!1.|~=\t\r{}", max_size=120))
def test_any_text_is_read_and_stamped_without_a_fall(text: str) -> None:
    sheet, _ = read("talk", text)
    read("talk", write(sheet))
    assert stamp(stamp(text)) == stamp(text)
