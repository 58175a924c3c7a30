"""M20: the same family, on Telegram and on the web, in English and in Arabic, gets the same talk, word for word."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from bot.editions import read_sheets
from bot.stage import all_words
from dialogs.check import check
from dialogs.script import Script
from locales.render import Words
from tests.botapi import BotApi
from tests.journeys.conftest import opened
from tests.journeys.families import OnTelegram, OnTheWeb, told
from tests.journeys.road import Step, road

ROAD = "a-mother-at-night"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def paper() -> tuple[Script, dict[str, Words]]:
    script, problems = check(read_sheets())
    assert script is not None, problems
    return script, all_words(script)


def compare(step: Step, seen: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    assert len(seen) == len(step.answers), f"after {step.what!r}: {[text for text, _ in seen]}"
    for wanted, got in zip(step.answers, seen, strict=True):
        assert wanted.same(*got), f"after {step.what!r}\n{told(wanted, got)}"


@pytest.mark.parametrize("lang", ["en", "ar", "de"])
async def test_the_whole_first_contact_on_telegram(
    lang: str, paper: tuple[Script, dict[str, Words]], tmp_path: Path
) -> None:
    steps = road(*paper, ROAD, lang)
    async with (
        BotApi.serve() as api,
        opened(tmp_path, telegram_token=api.token, telegram_api_url=api.url) as house,
    ):
        family = OnTelegram(api, lang, house)
        for step in steps:
            await family.do(step)
            compare(step, await family.read())
        assert api.warnings == []
        assert api.strange_answers() == []


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_the_whole_first_contact_in_the_browser(
    lang: str, paper: tuple[Script, dict[str, Words]], tmp_path: Path, chromium: str
) -> None:
    steps = road(*paper, ROAD, lang)
    async with opened(tmp_path) as house, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        family = OnTheWeb(page, house, lang)
        for step in steps:
            await family.do(step)
            await family.wait_for(len(step.answers))
            compare(step, await family.read())
        assert complaints == []
        await browser.close()
