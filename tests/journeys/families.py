"""Two families: one holds a phone with Telegram, one sits before a browser. Both tap, write and read."""

import re

from playwright.async_api import Page

from tests.botapi import BotApi
from tests.journeys.conftest import Open
from tests.journeys.road import Bubble, Step, fits

ALWAYS = 7  # buttons in the two rows under every question on Telegram


class OnTelegram:
    def __init__(self, api: BotApi, lang: str, opened: Open) -> None:
        self.api, self.person, self.opened = api, api.person("Amal", lang), opened
        self.seen = 0

    async def do(self, step: Step) -> None:
        match step.act:
            case "start":
                self.person.start()
            case "taps":
                last = [line for line in self.person.transcript() if line.from_bot and line.buttons][-1]
                label = next(said for row in last.buttons for said in row if fits(step.what, said))
                await self.person.tap(label, last).answered()
            case _:
                self.person.write(step.what)
        await self.api.until(lambda: not self.api.pending())
        await self.opened.quiet()

    async def read(self) -> list[tuple[str, tuple[str, ...]]]:
        """What came since we last looked."""
        lines = [line for line in self.person.transcript() if line.from_bot]
        new, self.seen = lines[self.seen :], len(lines)
        return [
            (line.text, _without_always([label for row in line.buttons for label in row])) for line in new
        ]


class OnTheWeb:
    def __init__(self, page: Page, opened: Open, lang: str) -> None:
        self.page, self.opened, self.lang = page, opened, lang
        self.seen = 0

    async def do(self, step: Step) -> None:
        page = self.page
        match step.act:
            case "start":
                await page.goto(f"{self.opened.url}/?lang={self.lang}")
                await page.locator("form[action='/start'] button").click()
                await page.wait_for_url("**/talk*")
            case "taps":
                whole = re.compile(rf"^\s*{re.escape(step.what)}( \([^)]*\))?\s*$")
                await page.locator("#options bdi").filter(has_text=whole).click()
            case _:
                await page.locator("#text").fill(step.what)
                await page.locator("#text").press("Enter")
        await self.opened.quiet()

    async def read(self) -> list[tuple[str, tuple[str, ...]]]:
        bubbles = self.page.locator("#log .ours bdi")
        texts = await bubbles.all_inner_texts()
        new, self.seen = texts[self.seen :], len(texts)
        labels = await self.page.locator("#options li bdi").all_inner_texts()
        return [(text, tuple(labels) if n == len(new) - 1 else ()) for n, text in enumerate(new)]

    async def wait_for(self, count: int) -> None:
        """Until the page shows that many new messages."""
        await self.page.wait_for_function(  # a page that does not show the answer within 10 s has lost it
            "wanted => document.querySelectorAll('#log .ours').length >= wanted",
            arg=self.seen + count,
            timeout=10_000,
        )


def _without_always(labels: list[str]) -> tuple[str, ...]:
    return tuple(labels[:-ALWAYS]) if len(labels) >= ALWAYS else tuple(labels)


def told(wanted: Bubble, seen: tuple[str, tuple[str, ...]]) -> str:
    return f"wanted: {wanted.text} {wanted.labels}\nseen:   {seen[0]} {seen[1]}"
