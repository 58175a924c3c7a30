"""Arabic, Persian, Urdu, Hebrew: numbers keep their order, lists their side, values to themselves."""

import shutil
from typing import Any

import pytest

from locales.bidi import FSI, PDI, RLM, balanced, isolate, lean_right
from locales.render import Words, join_lines, render

PHONE = "+43 664 123 456"
MIXED = f"خط العائلة: {PHONE}"


def test_a_value_in_an_arabic_sentence_stands_apart() -> None:
    ours = Words("ar", {"m": ["اتصل بالرقم {numbers} الآن."]})
    assert render(ours, "m", {"numbers": PHONE}) == f"اتصل بالرقم {FSI}{PHONE}{PDI} الآن."


def test_a_phone_number_inside_an_arabic_value_stands_apart_too() -> None:
    assert isolate(MIXED, rtl=True) == f"{FSI}خط العائلة: {FSI}{PHONE}{PDI}{PDI}"
    assert isolate(MIXED, rtl=False) == f"{FSI}خط العائلة: {FSI}{PHONE}{PDI}{PDI}"


def test_a_latin_value_in_a_latin_sentence_is_left_alone() -> None:
    assert isolate(f"Familie Çelik {PHONE}\n{{x}}", rtl=False) == f"Familie Çelik {PHONE}\n{{x}}"


def test_each_line_of_a_list_stands_apart_and_stays_on_the_right() -> None:
    ours = Words("ar", {"m": ["أرقام:\n{numbers}"]})
    said = render(ours, "m", {"numbers": join_lines(["112", "Telefonseelsorge 142"])})
    assert said.split("\n") == ["أرقام:", f"{RLM}{FSI}- 112{PDI}", f"{RLM}{FSI}- Telefonseelsorge 142{PDI}"]


def test_a_line_without_a_letter_of_its_own_leans_right() -> None:
    assert lean_right("{note_text}") == RLM + "{note_text}"
    assert lean_right("نص {x}\n- {y}") == f"نص {{x}}\n{RLM}- {{y}}"


@pytest.mark.parametrize("text", ["من 10:00 إلى 15:00", "10-15 يومًا", "في 1.11.2026", "20 نوفمبر", "112"])
def test_times_dates_and_short_numbers_are_left_alone(text: str) -> None:
    assert FSI not in lean_right(text)


@pytest.mark.parametrize(
    "phone", [PHONE, "+43 1 71344", "+43 1", "0800 111 0 111", "01/713 44 00", "4826 1930 5527"]
)
def test_every_way_to_write_a_number_in_groups_is_kept(phone: str) -> None:
    assert lean_right(f"اتصل {phone}.") == f"اتصل {FSI}{phone}{PDI}."


def test_no_value_can_steer_what_stands_around_it() -> None:
    assert balanced("a\u202eb\u2069c\u2067d") == f"abc\u2067d{PDI}"
    assert balanced(f"{FSI}a{PDI}") == f"{FSI}a{PDI}", "our own marks of an inner text stay"


# The real thing: where do the groups of a phone number stand on a page?

WHERE = """
([text, groups]) => {
  const p = document.createElement("p");
  p.dir = "rtl";
  p.textContent = text;
  document.body.replaceChildren(p);
  return groups.map(group => {
    const range = document.createRange(), at = text.indexOf(group);
    range.setStart(p.firstChild, at);
    range.setEnd(p.firstChild, at + group.length);
    return range.getBoundingClientRect().left;
  });
}
"""


async def places(page: Any, text: str, groups: list[str]) -> list[float]:
    found: list[float] = await page.evaluate(WHERE, [text, groups])
    return found


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
async def test_a_phone_number_reads_from_left_to_right_on_an_arabic_page() -> None:
    from playwright.async_api import async_playwright

    groups = PHONE.split()
    sentence = Words("ar", {"m": ["إذا كان هناك خطر اتصل بالرقم {numbers} الآن."]})
    inside = Words("ar", {"m": ["الأرقام: {numbers}"]})
    typed = Words("ar", {"m": [f"اتصل بالرقم {PHONE} الآن."]})
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page()
        flipped = await places(page, f"إذا كان هناك خطر اتصل بالرقم {PHONE} الآن.", groups)
        assert flipped != sorted(flipped), "without marks the groups change places"
        for words, value in ((sentence, PHONE), (inside, MIXED), (typed, "")):
            ours = await places(page, render(words, "m", {"numbers": value}), groups)
            assert ours == sorted(ours)
        lines = render(inside, "m", {"numbers": join_lines([PHONE, MIXED])}).split("\n")
        for line in lines:
            ours = await places(page, line, groups)
            assert ours == sorted(ours)
        await browser.close()
