"""Whatever languages and sheets there are today: their files can be read, counted, said and typed."""

from pathlib import Path

import pytest

from dialogs.read import read
from locales.catalogs import words
from locales.files import HOME, languages_here, load, path
from locales.interface import Interface, interface_template
from locales.languages import SOURCE, known, language
from locales.ready import LOCKSCREEN, NEVER
from locales.render import Words
from locales.reviews import load as reviews_of
from locales.sound import Banned
from tests.locales.small import gettext_says

SHEETS = Path(__file__).parents[2] / "dialogs" / "scripts"
LANGUAGES = languages_here()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("file", ["dialogs", "interface"])
def test_every_words_file_is_sound(lang: str, file: str) -> None:
    po = load(lang, file)
    assert po.metadata["Plural-Forms"] == language(lang).plural
    names = [each.msgctxt for each in po if not each.obsolete]
    assert len(names) == len(set(names))
    if path(lang, file).exists():
        assert gettext_says(path(lang, file)) == ""
    Words(lang, words(load(lang)))
    Interface.load(lang)


def test_folders_are_languages() -> None:
    folders = {each.name for each in HOME.iterdir() if each.is_dir() and not each.name.startswith("_")}
    assert folders <= {*known(), SOURCE}


@pytest.mark.parametrize("lang", sorted({SOURCE, *LANGUAGES, "de", "ar"}))
def test_reviews_and_lists_can_be_read(lang: str) -> None:
    reviews_of(lang, HOME)
    for name in (NEVER, LOCKSCREEN):
        place = HOME / lang / name
        if place.exists():
            banned = Banned(place.read_text(encoding="utf-8"))
            assert not banned.found("...")
            for line in place.read_text(encoding="utf-8").splitlines():
                word = line.partition("#")[0].strip()
                if word:
                    assert banned.found(f"x {word.strip('*')} y"), word


def test_the_sheets_of_today_keep_english_off_the_lists_of_what_is_never_said() -> None:
    never, lockscreen = (
        Banned((HOME / "en" / name).read_text(encoding="utf-8")) for name in (NEVER, LOCKSCREEN)
    )
    for sheet in sorted(SHEETS.glob("*.md")):
        for message in read(sheet.stem, sheet.read_text(encoding="utf-8"))[0].messages.values():
            if message.kind != "also":
                assert not never.found(f"{message.one}\n{message.text}"), message.id
                assert not (message.discreet and lockscreen.found(message.text)), message.id


def test_the_pages_of_today_have_ids() -> None:
    names = [each.msgctxt for each in interface_template()]
    assert len(names) == len(set(names))
