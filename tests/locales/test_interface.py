"""The words around a talk: every one has an id, families' pages never fall into English, text stays text."""

from pathlib import Path

import polib
import pytest
from jinja2 import Environment

from locales.catalogs import sync
from locales.files import BadFile, load, save
from locales.interface import BadPage, Interface, interface_template
from locales.render import MissingWords
from tests.locales.small import find, gettext_says, put

PAGE = """<h1>{{ pgettext("chat.title", "Write to us") }}</h1>
{# NOTE: Shown under the box. #}
<p>{{ npgettext("chat.waiting", "%(num)s message waits", "%(num)s messages wait", count) }}</p>
<input placeholder="{{ pgettext("chat.box", "Your words, %(name)s", name=who) }}">
<b>{{ pgettext("desk.title", "Desk") }}</b>
"""
CODE = 'def title(words):\n    return words.pgettext("desk.new", "New case")\n'
ARABIC = {
    "chat.title": ["اكتب لنا"],
    "chat.waiting": ["لا رسائل", "رسالة", "رسالتان", "%(num)s رسائل", "%(num)s رسالة", "%(num)s رسالة"],
    "chat.box": ["كلماتك يا %(name)s"],
}


def web(tmp_path: Path, **pages: str) -> Path:
    folder = tmp_path / "web"
    (folder / "pages" / "vendor").mkdir(parents=True)
    (folder / "pages" / "chat.html").write_text(pages.get("page", PAGE), encoding="utf-8")
    (folder / "desk.py").write_text(pages.get("code", CODE), encoding="utf-8")
    (folder / "pages" / "vendor" / "x.html").write_text("{{ gettext('theirs') }}", encoding="utf-8")
    return folder


def arabic(tmp_path: Path, **changed: list[str]) -> Interface:
    po = sync(load("ar", "interface", tmp_path), interface_template(web(tmp_path)), variants=False)
    for each in po:
        put(each, {**ARABIC, **{k.replace("_", "."): v for k, v in changed.items()}}.get(each.msgctxt, []))
    save(po, "ar", "interface", tmp_path)
    return Interface.load("ar", tmp_path)


def page(words: Interface, **facts: object) -> str:
    env = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    env.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    return env.from_string(PAGE).render(facts)


def test_every_text_of_the_pages_is_an_entry_by_its_id(tmp_path: Path) -> None:
    po = interface_template(web(tmp_path))
    assert [each.msgctxt for each in po] == [
        "chat.title",
        "chat.waiting",
        "chat.box",
        "desk.title",
        "desk.new",
    ]
    assert find(po, "chat.waiting").msgid_plural == "%(num)s messages wait"
    assert find(po, "chat.waiting").comment == "Shown under the box."
    assert find(po, "chat.box").flags == ["python-format"]
    assert find(po, "chat.title").occurrences == [("web/pages/chat.html", "1")]
    assert find(po, "desk.new").occurrences == [("web/desk.py", "2")]
    (tmp_path / "interface.pot").write_text(str(po), encoding="utf-8")
    assert gettext_says(tmp_path / "interface.pot") == ""


@pytest.mark.parametrize(
    "text",
    [
        '{{ gettext("Send") }}',
        '{{ _("Send") }}',
        "{% trans %}Send{% endtrans %}",
        '{{ pgettext("Send", "Send") }}',
        '{{ ngettext("one", "many", 2) }}',
        '{{ pgettext("a.b", "100 % sure") }}',
        '{{ pgettext("a.b", "Hello %s") }}',
        '{{ pgettext("a.b", "Send") }}{{ pgettext("a.b", "Post") }}',
    ],
)
def test_a_text_without_an_id_or_with_two_meanings_is_refused_by_file_and_line(
    text: str, tmp_path: Path
) -> None:
    with pytest.raises(BadPage, match=r"^web/pages/chat\.html:1:"):
        interface_template(web(tmp_path, page=text))


def test_a_page_in_arabic(tmp_path: Path) -> None:
    words = arabic(tmp_path)
    assert (words.direction, words.complete) == ("rtl", True)
    drawn = page(words, count=3, who="Alma")
    assert "اكتب لنا" in drawn
    assert "3 رسائل" in drawn
    assert "كلماتك يا Alma" in drawn
    assert "رسالتان" in page(words, count=2, who="")


def test_english_needs_no_file(tmp_path: Path) -> None:
    words = Interface.load("en", tmp_path)
    assert words.complete
    drawn = page(words, count=1, who="Alma")
    assert "1 message waits" in drawn
    assert 'placeholder="Your words, Alma"' in drawn


def test_a_page_of_staff_shows_english_where_a_text_is_missing(tmp_path: Path) -> None:
    assert "<b>Desk</b>" in page(arabic(tmp_path), count=0, who="")


def test_a_page_for_families_never_does(tmp_path: Path) -> None:
    words = arabic(tmp_path, chat_title=[""])
    assert not words.complete, "so this language is not offered on the web"
    with pytest.raises(MissingWords, match=r"chat\.title"):
        page(words, count=0, who="")
    nobody = Interface.load("tr", tmp_path)
    assert not nobody.complete
    with pytest.raises(MissingWords):
        page(nobody, count=0, who="")


def test_a_text_whose_english_changed_is_missing_and_not_wrong(tmp_path: Path) -> None:
    with pytest.raises(MissingWords):
        arabic(tmp_path).pgettext("chat.title", "Write to us now")


def test_a_text_without_an_id_does_not_exist() -> None:
    for words in (Interface("en", polib.POFile()), Interface("de", polib.POFile())):
        with pytest.raises(MissingWords):
            words.gettext("Send")
        with pytest.raises(MissingWords):
            words.ngettext("one", "many", 1)


@pytest.mark.parametrize(
    "text",
    ["<script>x</script>", '" onfocus="x', "%(who)s", "100 %", "%s", "%(name)d"],
)
def test_a_translation_that_could_become_markup_or_break_a_hole_is_never_shown(
    text: str, tmp_path: Path
) -> None:
    words = arabic(tmp_path, chat_box=[text])
    assert not words.complete
    with pytest.raises(MissingWords, match=r"chat\.box"):
        page(words, count=0, who="")


def test_what_a_person_typed_stays_text(tmp_path: Path) -> None:
    drawn = page(arabic(tmp_path), count=0, who='"><script>x</script>')
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_rewritten_text_keeps_its_old_translation_on_the_page(tmp_path: Path) -> None:
    arabic(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    new = interface_template(web(other, page=PAGE.replace("Write to us", "Write with us")))
    po = sync(load("ar", "interface", tmp_path), new, variants=False)
    assert find(po, "chat.title").fuzzy
    assert Interface("ar", po).pgettext("chat.title", "Write with us") == "اكتب لنا"


def test_a_file_of_another_language_is_refused(tmp_path: Path) -> None:
    arabic(tmp_path)
    (tmp_path / "ar").rename(tmp_path / "fa")
    with pytest.raises(BadFile, match="another language"):
        Interface.load("fa", tmp_path)
