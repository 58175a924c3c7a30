"""The pages in a real browser: keyboard, screen reader, phone, right-to-left, no script, no connection."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright, expect

from tests.web.home import OUTSIDE, Home, home

CHROMIUM = Path("/usr/bin/chromium")
ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("BESIDE_REQUIRE_ALL") != "1",
        reason="Chromium is not installed",
    ),
]

WATCH = """addEventListener("securitypolicyviolation", (e) =>
    console.error("policy", e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber))"""


class Place(NamedTuple):
    house: Home
    url: str
    browser: Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def place(tmp_path: Path, chromium: Browser) -> AsyncIterator[Place]:
    async with home(tmp_path) as house, house.served() as url:
        yield Place(house, url, chromium)


async def outside(route: Route) -> None:
    await route.fulfill(body="<title>Weather</title>Sunny.", content_type="text/html")


@asynccontextmanager
async def visitor(place: Place, *, expects: str = "", **how: object) -> AsyncIterator[Page]:
    """A fresh browser. At the end nothing may have been said on its console, but what the test `expects`."""
    how.setdefault("viewport", {"width": 360, "height": 740})
    context = await place.browser.new_context(base_url=place.url, **how)  # type: ignore[arg-type]
    context.set_default_timeout(8000)
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        said.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: said.append(str(error.error)))
    await context.add_init_script(WATCH)
    await context.route(f"{OUTSIDE}**", outside)
    page = await context.new_page()
    yield page
    await context.close()
    assert [one for one in said if not expects or expects not in one] == []


async def start(page: Page, lang: str = "en") -> None:
    await page.goto(f"/?lang={lang}")
    await page.locator("form[action='/start'] button").click()
    await expect(page.locator("#options button")).to_have_count(4)
    await (
        page.wait_for_load_state()
    )  # until then the browser may still move to the newest message, and the focus with it


async def connected(place: Place) -> None:
    """The open page listens, and has heard all there is."""
    (talk,) = await place.house.talks()
    async with asyncio.timeout(8):
        while not place.house.hub.listening(talk):  # noqa: ASYNC110 - seen from outside, as a server sees it
            await asyncio.sleep(0.01)
    await place.house.settled()


async def send(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("button[name=send]").click()


VIEWS = {"en": [(360, "light"), (360, "dark"), (1280, "light")], "ar": [(360, "light"), (1280, "light")]}
TAPPED = "button, .urgent, .call, .chips a, textarea, input:not([type=hidden])"
PAGES = ["/?lang={}", "/talk", "/emergency/{}", "/nowhere"]


@pytest.mark.parametrize("lang", ["en", "ar"])
async def test_every_page_is_clean_for_axe_fits_and_can_be_tapped(place: Place, lang: str) -> None:
    async with visitor(place, expects="404", locale=lang) as page:
        await start(page, lang)
        for path in PAGES:
            await page.goto(path.format(lang))
            if path == "/talk":
                await send(page, "hello" if lang == "en" else "مرحبا")
                await expect(page.locator(".said")).to_have_count(5)
            for width, scheme in VIEWS[lang]:
                await page.set_viewport_size({"width": width, "height": 800})
                await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found = await Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
            for width in (1280, 360, 320, 180):  # 320 is a wide page at 400 %, 180 a phone at 200 %
                await page.set_viewport_size({"width": width, "height": 800})
                over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, f"{path} is {over} px too wide at {width}"
            await page.emulate_media(color_scheme="light")
            for one in await page.locator(TAPPED).all():
                size = await one.bounding_box()
                assert size is None or (min(size.values()) >= 0 and size["height"] >= 44), (
                    await one.inner_text()
                )


async def test_the_whole_talk_works_by_keyboard(place: Place) -> None:
    async with visitor(place) as page:
        await page.goto("/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Go to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        for _ in range(4):
            await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Start")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#options button")).to_have_count(4)

        await page.wait_for_load_state()
        for _ in range(3):  # the page opens at the newest messages, so the answers come next
            await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="3 No, not now")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(
            page.locator(".mine")
        ).to_be_focused()  # its buttons are gone; the eye is where the talk is
        await expect(page.locator(".said")).to_have_count(5)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="1 Yes, I am alone")).to_be_focused()

        emergency = page.get_by_role("link", name="Emergency")  # at the head of the page, always in sight
        await expect(emergency).to_be_in_viewport()
        await page.locator("#text").focus()
        await page.keyboard.type("2")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("and more")
        await page.keyboard.press("Enter")
        await expect(page.locator(".mine").last).to_have_text("You wrote: 2\nand more")
        await expect(page.locator("#text")).to_be_focused()
        await expect(page.locator("#text")).to_have_value("")
        for name in ("Send", "A person", "Hide", "Back", "Skip", "My data", "Stop", "Language"):
            await page.keyboard.press("Tab")
            await expect(page.locator(":focus")).to_have_text(name)
            outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", f"the focus on {name} cannot be seen"
    assert {"text": "2\nand more"} in place.house.guide.heard


async def test_a_screen_reader_finds_its_way(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await expect(page.get_by_role("main")).to_match_aria_snapshot("""
            - heading "Messages" [level=1]
            - log "Messages":
              - paragraph: /We write. Hello.+/
              - paragraph: /We write. First, one thing about you.+/
            - group "Choose an answer, or write its number":
              - list:
                - listitem:
                  - button "1 Yes, I am alone"
                - listitem:
                  - button "2 Not sure"
            - text: Write here
            - textbox "Write here"
            - status
            - button "Send"
            - group "Always here for you":
              - button "A person"
            """)
        await expect(page.locator("#log")).to_have_attribute("aria-live", "polite")
        assert await page.title() == "Linden"


async def test_sending_and_hearing_do_not_reload_the_page(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await page.evaluate("document.body.dataset.same = 'yes'")
        await send(page, "hello")
        await expect(page.locator(".said")).to_have_count(5)
        await page.get_by_role("button", name="1 Yes").click()
        await expect(page.locator(".said")).to_have_count(8)
        await place.house.guide.tell((await place.house.talks())[0], "A person is here.")
        await expect(page.locator(".ours").last).to_have_text("We write: A person is here.")
        await expect(page.locator("#options")).to_be_hidden()
        assert await page.evaluate("document.body.dataset.same") == "yes"
        texts = await page.locator(".said").all_inner_texts()
    assert [text.split(": ")[-1].split(":")[-1].strip() for text in texts[2:4]] == [
        "hello",
        "That sounds very hard.",
    ]


async def test_every_send_counts_even_the_same_word_twice(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        for count in (5, 8):
            await send(page, "yes")
            await expect(page.locator(".said")).to_have_count(count)
    assert place.house.guide.heard.count({"text": "yes"}) == 2


async def test_without_connection_the_words_stay_and_it_is_said_in_one_sentence(place: Place) -> None:
    async with visitor(place, expects="ERR_INTERNET_DISCONNECTED") as page:
        await start(page)
        await connected(place)
        await page.context.set_offline(True)
        await expect(page.locator("#state")).to_contain_text("No connection at the moment")
        await send(page, "important words")
        await expect(page.locator("#state")).to_contain_text("Your words are still here")
        await expect(page.locator("#text")).to_have_value("important words")
        await expect(page.locator(".mine")).to_have_count(0)
        await page.context.set_offline(False)
        await page.locator("button[name=send]").click()
        await expect(page.locator(".said")).to_have_count(5)
        await expect(page.locator("#state")).to_have_text("")
        await expect(page.locator("#text")).to_have_value("")
    assert place.house.guide.heard.count({"text": "important words"}) == 1


async def test_an_answer_that_got_lost_does_not_double_the_message(place: Place) -> None:
    async def lose(route: Route) -> None:
        if route.request.method == "POST":
            await route.fetch()  # it arrives, but the browser never hears so
            await route.abort()
        else:
            await route.continue_()

    async with visitor(place, expects="ERR_FAILED") as page:
        await start(page)
        await page.route("**/talk", lose)
        await send(page, "only once")
        await expect(page.locator("#state")).to_contain_text("Your words are still here")
        await page.unroute("**/talk")
        await page.locator("button[name=send]").click()
        await expect(page.locator("#text")).to_have_value("")
        await expect(page.locator(".mine")).to_have_count(1)
    assert place.house.guide.heard.count({"text": "only once"}) == 1


async def test_when_the_server_comes_back_what_was_missed_is_there(place: Place) -> None:
    async with visitor(place, expects="ERR_") as page:
        await start(page)
        await expect(page.locator("#look")).to_be_hidden()
        await connected(place)
        await page.context.set_offline(True)
        await place.house.guide.tell((await place.house.talks())[0], "Said meanwhile.")
        await page.context.set_offline(False)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.locator(".ours").last).to_contain_text("Said meanwhile.")
        assert await page.locator(".ours").count() == 3


async def test_with_the_database_away_words_stay_and_the_card_opens(place: Place) -> None:
    async with visitor(place, expects="503") as page:
        await start(page)
        await connected(place)
        await place.house.break_database()
        await send(page, "important words")
        await expect(page.locator("#state")).to_contain_text("Your words are still here")
        await expect(page.locator("#text")).to_have_value("important words")
        await page.get_by_role("link", name="Emergency").click()
        await expect(page.get_by_role("link", name="All emergencies 112")).to_be_visible()


async def test_emergency_opens_the_card_and_the_talk_knows(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await page.get_by_role("link", name="Emergency").click()
        await expect(page).to_have_url(f"{place.url}/emergency/en")
        await page.get_by_role("button", name="I want a person to write to me").click()
        await expect(page).to_have_url(f"{place.url}/talk#last")
    assert {"word": "emergency"} in place.house.guide.heard
    assert {"word": "person"} in place.house.guide.heard


@pytest.mark.parametrize(
    ("path", "way"), [("/talk", "shift"), ("/talk", "button"), ("/emergency/en", "shift")]
)
async def test_the_quick_exit_leaves_at_once_and_nothing_is_left(place: Place, path: str, way: str) -> None:
    async with visitor(place, expects="Clear-Site-Data") as page:
        await start(page)
        await page.goto(path)
        if way == "shift":
            for _ in range(3):
                await page.keyboard.press("Shift")
        else:
            await page.get_by_role("button", name="Leave now").click()
        await expect(page).to_have_title("Weather")
        assert page.url == OUTSIDE
        async with asyncio.timeout(5):
            while await page.context.cookies():
                await page.title()
        await page.go_back()
        assert await page.locator(".said").count() == 0
        await page.goto("/talk")
        assert page.url == f"{place.url}/"


async def test_writing_in_capital_letters_does_not_leave(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await page.locator("#text").focus()
        for letter in "SOS":
            await page.keyboard.press(f"Shift+{letter}")
        await page.keyboard.press("Shift")
        await page.keyboard.press("Shift")
        await expect(page.locator("#text")).to_have_value("SOS")
        assert page.url.startswith(place.url)


async def test_hide_empties_the_page_at_once_and_back_does_not_bring_it_back(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await send(page, "something private")
        await expect(page.locator(".said")).to_have_count(5)
        await page.get_by_role("button", name="Hide").click()
        await expect(page.locator("#log[data-quiet]")).to_be_attached()
        assert await page.locator(".said bdi").all_inner_texts() == ["OK."]
        assert "private" not in await page.content()
        await expect(page.locator("#always button")).to_have_count(0)
        await page.go_back()
        assert await page.locator(".said").count() == 0
        await page.goto("/talk")
        await send(page, "hello")
        await expect(page.locator(".ours")).to_have_count(3)
        await expect(page.locator("#always button")).to_have_count(7)


async def test_hide_works_while_a_message_hangs_and_is_tried_until_it_is_done(place: Place) -> None:
    async def hang(route: Route) -> None:
        if "private" not in (route.request.post_data or "private"):
            await route.abort()

    async with visitor(place, expects="ERR_FAILED") as page:
        await start(page)
        await page.route("**/talk", hang)
        await send(page, "something private")
        await page.get_by_role("button", name="Hide").click()
        await expect(page.locator(".said:visible")).to_have_count(0)
        await expect(page.locator("#text")).to_have_value("")
        await page.unroute("**/talk", hang)
        await expect(page.locator("#log[data-quiet]")).to_be_attached(timeout=8000)
    assert {"word": "hide"} in place.house.guide.heard


async def test_another_language_turns_the_page_round_and_keeps_the_draft(place: Place) -> None:
    async with visitor(place) as page:
        await start(page)
        await page.get_by_role("button", name="Language").click()
        await page.locator("#text").fill("half a sentence")
        await page.get_by_role("button", name="العربية").click()
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
        await expect(page.get_by_role("button", name="إرسال")).to_be_visible()
        await expect(page.locator("#text")).to_have_value("half a sentence")
        assert await page.evaluate("history.state") is None
        await expect(page.locator(".ours").last).to_be_in_viewport()
        ours, leave = page.locator(".ours").last, page.get_by_role("button", name="مغادرة الآن")
        right, left = await ours.bounding_box(), await leave.bounding_box()
        assert right and left and right["x"] + right["width"] > 300 and left["x"] < 60


BAD = ["<img src=x onerror=alert(1)>", "</textarea><script>alert(1)</script>", "\u202eevil\u2066"]


async def test_words_are_words_whatever_they_look_like(place: Place) -> None:
    async with visitor(place) as page:
        page.on("dialog", lambda _: pytest.fail("a script ran"))
        await start(page)
        for place_in_list, bad in enumerate(BAD):
            await send(page, bad)
            await expect(page.locator(".said")).to_have_count(5 + 4 * place_in_list)
            await place.house.guide.tell((await place.house.talks())[0], bad)
            await expect(page.locator(".ours").last.locator("bdi")).to_have_text(bad)
            await expect(page.locator(".mine").last.locator("bdi")).to_have_text(bad)
            await expect(page.locator(".mine").last.locator("bdi")).to_have_attribute("dir", "auto")
        await page.reload()
        await expect(page.locator(".ours").last.locator("bdi")).to_have_text(BAD[-1])


async def test_too_long_a_message_stays_in_the_box(place: Place) -> None:
    async with visitor(place, expects="413") as page:
        await start(page)
        await send(page, "a" * 4097)
        await expect(page.locator("#state")).to_contain_text("at most 4,096 letters")
        assert len(await page.locator("#text").input_value()) == 4097


async def test_without_any_script_a_family_can_talk_and_leave(place: Place) -> None:
    async with visitor(place, expects="Clear-Site-Data", java_script_enabled=False) as page:
        await start(page)
        await page.get_by_role("button", name="2 Not sure").click()
        await expect(page.locator(".ours").nth(2)).to_contain_text("That sounds very hard.")
        await send(page, "hello")
        await expect(page.locator(".ours")).to_have_count(6)
        await expect(page.get_by_text("Enter sends")).to_be_hidden()
        await page.get_by_role("link", name="Look for new messages").click()
        await expect(page.locator(".ours")).to_have_count(6)
        await page.get_by_role("button", name="Leave now").click()
        await expect(page).to_have_title("Weather")
        assert await page.context.cookies() == []


async def test_a_browser_in_which_our_script_fails_still_has_the_form(place: Place) -> None:
    async with visitor(place, expects="ERR_FAILED") as page:
        await page.route("**/static/chat.js", lambda route: route.abort())
        await start(page)
        await send(page, "hello")
        await expect(page.locator(".ours")).to_have_count(4)
        await expect(page.get_by_role("link", name="Look for new messages")).to_be_visible()


async def test_who_asks_for_less_motion_gets_none(place: Place) -> None:
    async with visitor(place, reduced_motion="reduce") as page:
        await start(page)
        moving = await page.evaluate("document.getAnimations().length")
        lasting = await page.locator("button[name=send]").evaluate(
            "e => getComputedStyle(e).transitionDuration"
        )
        assert moving == 0 and lasting in ("0s", "1e-06s")


async def test_the_page_asks_nobody_else_for_anything(place: Place) -> None:
    asked: list[str] = []
    async with visitor(place) as page:
        page.on("request", lambda request: asked.append(request.url))
        await start(page)
        await send(page, "hello")
        await expect(page.locator(".said")).to_have_count(5)
        await page.goto("/emergency/en")
    assert asked and all(url.startswith(place.url) for url in asked)
    assert not any("hello" in url for url in asked)
