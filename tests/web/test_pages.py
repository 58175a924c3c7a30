"""What the sources of the pages may hold: nothing inline, nothing foreign, every word with an id, no left or right."""

import hashlib
import json
import re
from pathlib import Path

import jinja2
from jinja2.ext import InternationalizationExtension, babel_extract

from tests.web.arabic import ARABIC
from web.show import PAGES

TEMPLATES = sorted(PAGES.glob("family/*.html"))
OURS = sorted((PAGES / "static").iterdir())
VENDOR = PAGES / "vendor"


def words() -> list[tuple[str, str, str]]:
    """(template, id, English) of every sentence in the templates."""
    found = []
    for path in TEMPLATES:
        with path.open("rb") as file:
            for _, call, message, _ in babel_extract(file, ["gettext", "ngettext", "pgettext"], [], {}):
                assert call == "pgettext", f"{path.name}: {message} has no id"
                assert isinstance(message, tuple)
                found.append((path.name, str(message[0]), str(message[1])))
    return found


def test_vendored_files_are_exactly_what_the_manifest_says() -> None:
    listed = json.loads((VENDOR / "MANIFEST.json").read_text())
    assert {one["file"] for one in listed} | {"MANIFEST.json"} == {path.name for path in VENDOR.iterdir()}
    for one in listed:
        assert hashlib.sha512((VENDOR / one["file"]).read_bytes()).hexdigest() == one["sha512"], one["file"]
        assert one["name"] and one["version"] and one["licence"]


def test_no_page_holds_inline_script_or_style() -> None:
    for path in TEMPLATES:
        page = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), path.name
        assert not re.search(r"<script(?![^>]*\ssrc=)", page), path.name


def test_no_source_names_another_origin() -> None:
    for path in [*TEMPLATES, *OURS]:
        found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text())
        assert set(found) <= {"http://www.w3.org"}, path.name  # the name of SVG, which nobody fetches


def test_nothing_switches_escaping_off() -> None:
    for path in TEMPLATES:
        assert not re.search(r"\|\s*safe|autoescape|Markup", path.read_text()), path.name
    for path in OURS:
        unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser|createPolicy"
        assert not re.search(unsafe, path.read_text()), path.name


def test_the_scripts_hold_no_words_for_people() -> None:
    for path in (one for one in OURS if one.suffix == ".js"):
        code = re.sub(r"//[^\n]*", "", path.read_text())
        sentences = [
            one for one in re.findall(r'"([^"]*)"', code) if re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", one)
        ]
        assert sentences == [], path.name
        assert len(path.read_text().splitlines()) < 200, path.name


def test_styles_know_start_and_end_but_no_left_and_right() -> None:
    style = re.sub(r"/\*.*?\*/", "", (PAGES / "static" / "room.css").read_text(), flags=re.DOTALL)
    assert not re.search(r"\b(left|right|top|bottom)\b", style)
    assert not re.search(r"url\(|@import", style)


def test_every_word_has_one_id_and_every_id_one_text() -> None:
    texts: dict[str, str] = {}
    for name, key, text in words():
        assert re.fullmatch(r"[a-z]+\.[a-z-]+", key), f"{name}: {key}"
        assert texts.setdefault(key, text) == text, f"{key} says two things"
    assert len(texts) > 50


def test_no_visible_word_stands_outside_of_gettext() -> None:
    for path in TEMPLATES:
        bare = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
        bare = re.sub(r"&\w+;", " ", bare)
        assert not re.search(r"[A-Za-z]{2,}", bare), f"{path.name}: {re.findall(r'[A-Za-z]{2,}.*', bare)}"


def test_sentences_say_neither_too_much_nor_too_hard() -> None:
    """security 2: words that promise what nobody can keep."""
    for name, key, text in words():
        promised = (
            r"100 ?%|completely anonymous|nobody can|we will never|end-to-end|guarantee|secure\b|report\b"
        )
        assert not re.search(promised, text, re.IGNORECASE), f"{name}: {key}"
        assert len(text) <= 220, f"{key} is longer than two short sentences"


def test_the_arabic_of_these_tests_is_up_to_date() -> None:
    known = {key for _, key, _ in words()}
    assert set(ARABIC) <= known


def test_every_template_can_be_read() -> None:
    env = jinja2.Environment(extensions=[InternationalizationExtension], autoescape=True)
    for path in TEMPLATES:
        env.parse(Path(path).read_text())
