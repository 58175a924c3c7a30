"""No language goes live broken: every way a translation can go wrong is found, named, and stops it."""

from datetime import date
from pathlib import Path

import polib
import pytest

from dialogs.script import Script
from locales import reviews
from locales.catalogs import sync, template
from locales.files import load, save
from locales.ready import DEMO, FINDINGS, LIVE, Finding, approve, findings, fit, status
from locales.update import sync_all
from tests.locales.small import ALWAYS, GERMAN, TALK, find, put, script, translated

PAGES = polib.POFile()
ON = date(2026, 11, 20)
ARABIC = {
    "talk.promise": ["لا نسأل أبدًا عن الاسم. عند الخطر نطلب المساعدة."],
    "talk.ask": ["هل هذا مناسب لك؟"],
    "talk.yes": ["نعم، فهمت"],
    "talk.yes.also": ["حسنًا، تمام"],
    "talk.no": ["لا"],
    "talk.no.also": ["ليس الآن"],
    "talk.days": [
        "لا نحفظ شيئًا.",
        "نحفظ الإجابات يومًا واحدًا.",
        "نحفظ الإجابات يومين.",
        "نحفظ الإجابات {days_answers} أيام.",
        "نحفظ الإجابات {days_answers} يومًا.",
        "نحفظ الإجابات {days_answers} يوم.",
    ],
    "talk.by": ["يجيب شخص حتى {answer_by} بتوقيت {zone}."],
    "always.emergency": ["طوارئ"],
    "always.emergency.also": ["نجدة"],
    "notes.hello": ["مرحبًا، رسالة قصيرة."],
}


def home(tmp_path: Path, lang: str = "de", of: Script | None = None, **changed: list[str]) -> Path:
    words = {"de": GERMAN, "ar": ARABIC}[lang] | {
        name.replace("_", "."): texts for name, texts in changed.items()
    }
    save(translated(of or script(), lang, words), lang, home=tmp_path)
    for name in ("never.txt", "lockscreen.txt"):
        (tmp_path / lang / name).write_text("# nothing yet\n", encoding="utf-8")
    return tmp_path


def found(place: Path, lang: str = "de", of: Script | None = None) -> list[Finding]:
    """Everything but missing reviews."""
    return [each for each in findings(of or script(), lang, place, PAGES) if each.code != "W16"]


def codes(place: Path, lang: str = "de", of: Script | None = None) -> list[tuple[str, str]]:
    return [(each.code, each.message) for each in found(place, lang, of)]


@pytest.mark.parametrize("lang", ["de", "ar"])
def test_a_good_translation_is_fit_for_a_demo_and_says_it_is_a_draft(lang: str, tmp_path: Path) -> None:
    place = home(tmp_path, lang)
    assert found(place, lang) == []
    verdict = fit(script(), lang, DEMO, place, PAGES)
    assert verdict.ok
    assert verdict.draft


@pytest.mark.parametrize(
    ("code", "name", "texts"),
    [
        ("W01", "talk.by", [""]),
        ("W03", "talk.by", ["Ein Mensch kann bis {answer_by} antworten."]),
        ("W03", "talk.days", ["Einen Tag.", "Einige Tage."]),
        ("W04", "talk.no", ["Nein, {zone}"]),
        ("W04", "talk.no.also", ["nicht jetzt, {service}"]),
        ("W05", "talk.by", ["Bis {answer_by.__class__} {zone}."]),
        ("W05", "talk.by", ["Bis {0} {answer_by} {zone}."]),
        ("W05", "talk.by", ["Bis {answer_by} {zone"]),
        ("W06", "talk.days", ["Einen Tag.", ""]),
        ("W07", "talk.no", ["Nein, das ist für mich überhaupt nicht in Ordnung"]),
        ("W07", "talk.promise", ["Nein " * 80]),
        ("W08", "talk.no", ["Ne\u202ein"]),
        ("W08", "talk.no", ["\u2068Nein"]),
        ("W08", "talk.no", ["Nein\u200b"]),
        ("W08", "talk.no", ["Ne\x07in"]),
        ("W08", "talk.no.also", ["nicht\u2067jetzt"]),
        ("W09", "talk.no", ["<b>Nein</b>"]),
        ("W09", "talk.no", ["Nein &amp; nein"]),
        ("W10", "talk.promise", ["Bei Gefahr rufen wir 112."]),
        ("W11", "talk.promise", ["Bei Gefahr: www.example.org"]),
        ("W11", "talk.no", ["Nein /stop"]),
        ("W20", "talk.promise", ["Wir fragen nie.\nBei Gefahr rufen wir."]),
    ],
)
def test_what_goes_wrong_is_found_and_stops_even_a_demo(
    code: str, name: str, texts: list[str], tmp_path: Path
) -> None:
    place = home(tmp_path, "de", None, **{name.replace(".", "_"): texts})
    assert codes(place) == [(code, name)]
    assert not fit(script(), "de", DEMO, place, PAGES).ok


def test_a_fault_says_what_exactly_and_what_to_do(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_by=["Bis {answer_by}."])
    (finding,) = found(place)
    assert finding.text == "{zone} is missing."
    assert finding.hint == "Holes are filled in later; keep each one, exactly as in English."


def test_numbers_and_addresses_may_be_written_in_other_digits_but_not_be_others(tmp_path: Path) -> None:
    talk = TALK.replace("In danger we call for help.", "In danger call 112 or see www.example.org.")
    of = script(talk)
    good = home(tmp_path, "ar", of, talk_promise=["عند الخطر اتصل ١١٢ أو زر www.example.org"])
    assert codes(good, "ar", of) == []
    bad = home(tmp_path, "ar", of, talk_promise=["عند الخطر اتصل 122 أو زر www.example.com"])
    assert codes(bad, "ar", of) == [("W10", "talk.promise"), ("W11", "talk.promise")]
    assert {each.text for each in found(bad, "ar", of)} == {
        "Numbers differ from the English text: 112, 122.",
        "Addresses differ from the English text: www.example.com, www.example.org.",
    }


def test_a_form_for_one_number_may_do_without_it_and_no_other(tmp_path: Path) -> None:
    """Arabic has a word for `two days`. Russian `one` also serves 21: without the number it would lie."""
    three = [*ARABIC["talk.days"][:3], "نحفظ الإجابات أيامًا.", *ARABIC["talk.days"][4:]]
    assert codes(home(tmp_path, "ar", None, talk_days=three), "ar") == [("W03", "talk.days")]
    russian = {**GERMAN, "talk.days": ["Один день.", "{days_answers} дня.", "{days_answers} дней."]}
    save(translated(script(), "ru", russian), "ru", home=tmp_path)
    lost = [each for each in found(tmp_path, "ru") if each.code == "W03"]
    assert [each.text for each in lost] == ["{days_answers} in form 1 is missing."]


def test_too_few_forms_are_found_though_the_file_says_otherwise(tmp_path: Path) -> None:
    place = home(tmp_path, "ar")
    po = load("ar", home=place)
    find(po, "talk.days").msgstr_plural = {0: "{days_answers} يوم"}
    save(po, "ar", home=place)
    stops = [each.code for each in found(place, "ar")]
    assert "W17" in stops, "padded forms are marked to be looked at"


def test_a_fuzzy_text_is_served_and_listed_but_a_fuzzy_safety_text_stops(tmp_path: Path) -> None:
    place = home(tmp_path)
    new = script(TALK.replace("{zone} time", "by {zone} time"))
    assert codes(place, "de", new) == [("W17", "talk.by")]
    assert fit(new, "de", DEMO, place, PAGES).ok
    new = script(TALK.replace("We never ask", "We do not ask"))
    assert codes(place, "de", new) == [("W02", "talk.promise")]
    assert not fit(new, "de", DEMO, place, PAGES).ok


def test_two_answers_that_sound_alike_are_found(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_no_also=["nicht jetzt, OK!"])
    (finding,) = found(place)
    assert (finding.code, finding.message) == ("W12", "talk.no")
    assert finding.text == "Two answers sound alike: “OK!” is also in talk.yes."


def test_a_label_may_share_a_word_with_the_always_there_row_but_no_other_word_may(tmp_path: Path) -> None:
    assert codes(home(tmp_path, "de", None, talk_no=["Hilfe"])) == [], "a label wins in its own question"
    place = home(tmp_path, "de", None, talk_no_also=["Hilfe"])
    assert codes(place) == [("W12", "talk.no")], "this one would be caught before the question is looked at"


def test_the_always_there_row_must_not_sound_alike_either(tmp_path: Path) -> None:
    of = script(always=ALWAYS + "- [A person](talk.md#kept) also: human ^person\n")
    place = home(tmp_path, "de", of, always_person=["Ein Mensch"], always_person_also=["mensch, hilfe"])
    assert codes(place, "de", of) == [("W12", "always.person")]


def test_a_word_must_not_be_the_number_of_another_answer(tmp_path: Path) -> None:
    assert codes(home(tmp_path, "de", None, talk_no_also=["1"])) == [("W12", "talk.no")]
    assert codes(home(tmp_path, "de", None, talk_no_also=["2"])) == []


def test_words_we_never_say_are_found_in_any_shape(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_promise=["Wir fragen nie nach Radikalisierung. Keine  SORGE."])
    (place / "de" / "never.txt").write_text(
        "# labels\nradikal*\nkeine sorge # soothing\nnie mals\n", encoding="utf-8"
    )
    assert [each.text for each in found(place)] == ["We never say “radikal*”.", "We never say “keine sorge”."]
    assert codes(place) == [("W13", "talk.promise")] * 2


def test_what_families_may_type_is_theirs_to_say(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_no_also=["radikal"])
    (place / "de" / "never.txt").write_text("radikal*\n", encoding="utf-8")
    assert codes(place) == []


def test_a_note_on_a_locked_phone_has_a_stricter_list(tmp_path: Path) -> None:
    place = home(
        tmp_path, "ar", None, notes_hello=["مرحبًا، رسالة من فريق الدعم."], talk_promise=["الدعم هنا."]
    )
    (place / "ar" / "lockscreen.txt").write_text("*دعم*\n", encoding="utf-8")
    assert codes(place, "ar") == [("W14", "notes.hello")]


def test_a_formal_text_without_an_informal_one_may_be_shown_but_not_go_live(tmp_path: Path) -> None:
    po = sync(translated(script(), "de", {**GERMAN, "talk.ask|informal": [""]}), template(script()))
    place = home(tmp_path)
    save(po, "de", home=place)
    assert codes(place) == [("W15", "talk.ask|informal")]
    assert fit(script(), "de", DEMO, place, PAGES).ok
    approve(script(), "de", "A. Person", ON, place)
    assert [each.code for each in fit(script(), "de", LIVE, place, PAGES).stops] == ["W15"]


@pytest.mark.parametrize(
    "tail", ['msgctxt "a"\nmsgid "b"\nmsgstr "open\n', "rubbish\n", 'msgid "a"b"\n', 'msgid "a"\nmsgid "b"\n']
)
def test_a_file_nobody_can_read_is_one_clear_finding(tail: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    file = place / "de" / "LC_MESSAGES" / "dialogs.po"
    file.write_text(file.read_text(encoding="utf-8") + tail, encoding="utf-8")
    (finding,) = findings(script(), "de", place, PAGES)
    assert finding.code == "W18"
    assert finding.text.startswith("de/LC_MESSAGES/dialogs.po cannot be read, line ")


def test_a_language_without_its_own_lists_may_be_shown_but_not_go_live(tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / "de" / "never.txt").unlink()
    assert codes(place) == [("W21", "")]
    approve(script(), "de", "A. Person", ON, place)
    assert fit(script(), "de", DEMO, place, PAGES).ok
    assert not fit(script(), "de", LIVE, place, PAGES).ok


def test_a_language_nobody_began_is_not_fit(tmp_path: Path) -> None:
    assert not fit(script(), "tr", DEMO, tmp_path, PAGES).ok
    assert status(script(), tmp_path)[0].lang == "en"


def test_a_page_a_family_reads_must_be_translated_and_a_page_of_staff_may_wait(tmp_path: Path) -> None:
    pages = polib.POFile()
    for name in ("chat.send", "desk.title"):
        pages.append(polib.POEntry(msgctxt=name, msgid="Send"))
    place = home(tmp_path)
    of_pages = [each for each in findings(script(), "de", place, pages) if each.code != "W16"]
    assert [(each.code, each.message, each.stops) for each in of_pages] == [
        ("W01", "chat.send", DEMO),
        ("W22", "desk.title", ""),
    ]


# Reviews


def test_live_needs_a_named_person_for_every_safety_text(tmp_path: Path) -> None:
    place = home(tmp_path)
    before = fit(script(), "de", LIVE, place, PAGES)
    fresh = [row.message for row in before.stops if row.code == "W16"]
    assert fresh == [
        "talk.promise",
        "talk.ask",
        "talk.ask|informal",
        "talk.yes",
        "talk.yes.also",
        "talk.no",
        "talk.no.also",
    ]
    assert approve(script(), "de", "A. Person", ON, place) == fresh
    after = fit(script(), "de", LIVE, place, PAGES)
    assert after.ok
    assert not after.draft


def test_english_needs_its_review_like_every_other_language(tmp_path: Path) -> None:
    for name in ("never.txt", "lockscreen.txt"):
        (tmp_path / "en").mkdir(exist_ok=True)
        (tmp_path / "en" / name).write_text("", encoding="utf-8")
    assert fit(script(), "en", DEMO, tmp_path, PAGES).ok
    assert not fit(script(), "en", LIVE, tmp_path, PAGES).ok
    approve(script(), "en", "A. Person", ON, tmp_path)
    assert fit(script(), "en", LIVE, tmp_path, PAGES).ok
    assert not fit(script(TALK.replace("never", "do not")), "en", LIVE, tmp_path, PAGES).ok


@pytest.mark.parametrize("where", ["translation", "english"])
def test_a_changed_text_is_not_approved_any_more(where: str, tmp_path: Path) -> None:
    place = home(tmp_path)
    approve(script(), "de", "A. Person", ON, place)
    of = script()
    if where == "translation":
        po = load("de", home=place)
        put(find(po, "talk.promise"), ["Wir fragen nie nach einem Namen."])
        save(po, "de", home=place)
    else:
        of = script(TALK.replace("We never ask for a name.", "We ask for no name."))
        sync_all(of, home=place)
        po = load("de", home=place)
        find(po, "talk.promise").flags.remove("fuzzy")
        save(po, "de", home=place)
    stops = fit(of, "de", LIVE, place, PAGES).stops
    assert [(each.code, each.message) for each in stops] == [("W16", "talk.promise")]
    approve(of, "de", "B. Person", ON, place, only=["talk.promise"])
    assert fit(of, "de", LIVE, place, PAGES).ok
    by = {review.id: review.by for review in reviews.load("de", place).values()}
    assert by["talk.promise"] == "B. Person"
    assert by["talk.ask"] == "A. Person"


def test_nobody_can_approve_what_is_missing_stale_or_unsound(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_ask=["Ist das für Sie <b>gut</b>?"], talk_no=[""])
    new = script(TALK.replace("We never ask", "We do not ask"))
    approved = approve(new, "de", "A. Person", ON, place)
    assert approved == ["talk.ask|informal", "talk.yes", "talk.yes.also", "talk.no.also"]


@pytest.mark.parametrize("by", ["", "  ", "42", "-"])
def test_an_approval_needs_a_name(by: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name"):
        approve(script(), "de", by, ON, home(tmp_path))
    assert not (tmp_path / "de" / "reviews.csv").exists()


def test_a_broken_line_in_the_reviews_is_one_clear_finding(tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / "de" / "reviews.csv").write_text("id,digest,by,on\ntalk.ask,ab,A,soon\n", encoding="utf-8")
    assert codes(place) == [("W18", "")]


def test_reviews_of_texts_that_are_gone_are_swept(tmp_path: Path) -> None:
    place = home(tmp_path)
    approve(script(), "de", "A, “Person”", ON, place)
    shorter = script(TALK.replace("Is that all right for you? ^ask\n", ""))
    approve(shorter, "de", "A. Person", ON, place, only=["talk.no"])
    kept = reviews.load("de", place)
    assert "talk.ask" not in kept
    assert kept["talk.promise"].by == "A, “Person”"


# The table of the command line


def test_status_counts_and_shows_what_to_do_first(tmp_path: Path) -> None:
    place = home(tmp_path, "de", None, talk_by=[""])
    approve(script(), "de", "A. Person", ON, place, only=["talk.promise"])
    english, german = status(script(), place, most=2)
    assert (english.lang, german.lang, german.own_name) == ("en", "de", "Deutsch")
    assert (german.texts, german.translated, german.missing, german.fuzzy) == (12, 11, 1, 0)
    assert (german.fresh, german.reviewed) == (7, 1)
    assert (german.demo, german.live) == (False, False)
    assert len(german.first) == 2


def test_every_finding_has_words_a_hint_and_a_test() -> None:
    told = Path(__file__).read_text(encoding="utf-8")
    for code, (sentence, hint, stops) in FINDINGS.items():
        assert sentence.endswith((".", "}"))
        assert hint.endswith(".")
        assert stops in {DEMO, LIVE, ""}
        assert f'"{code}"' in told
