"""The talk by plain forms (no script at all), and what is promised about the words in it."""

import asyncio
import html
import json
import re

import httpx
import pytest

from storage import inbox
from tests.web.home import SCRIPT, Home
from tests.web.test_doors import begin, give_code
from web.chat import EACH_MINUTE, LONGEST


def shown(page: str) -> list[str]:
    """The lines of ours on a page."""
    lines = re.findall(r'<p class="said ours" data-id="\d+".*?<bdi[^>]*>(.*?)</bdi>', page)
    return [html.unescape(one) for one in lines]


def offered(page: str) -> dict[str, str]:
    """Label -> token of the answers that can be tapped."""
    found = re.findall(r'name="tap" value="([^"]+)"><span>\d+</span> <bdi dir="auto">(.*?)</bdi>', page)
    return {html.unescape(label): token for token, label in found}


def box(page: str) -> str:
    """What stands in the writing box. A browser drops the first line end."""
    found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found, "no writing box"
    return html.unescape(found[1])


def form_number(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_whole_talk_works_without_script(house: Home) -> None:
    async with house.browser(follow_redirects=True) as browser:
        page = (await browser.get("/")).text
        page = (await browser.post("/start", data={"lang": "en", "form": form_number(page)})).text
        assert len(shown(page)) == 2
        assert list(offered(page)) == ["Yes, I am alone", "Not sure", "No, not now", "I am in danger"]

        tapped = {"tap": offered(page)["Not sure"], "form": form_number(page), "text": ""}
        page = (await browser.post("/talk", data=tapped)).text
        assert shown(page)[-2] == "That sounds very hard."

        await browser.post("/talk", data={"text": "1", "form": form_number(page)})
        await browser.post("/talk", data={"word": "skip", "form": "x"})
    assert house.guide.heard[1:] == [{"tap": "t1"}, {"text": "1"}, {"word": "skip"}]


async def test_answered_means_that_it_is_durable(house: Home) -> None:
    house.guide.silent = True
    async with house.browser() as browser:
        await begin(browser)
        answer = await browser.post("/talk", data={"text": "a true worry", "form": "1"}, headers=SCRIPT)
        assert answer.status_code == 204
    async with house.db.work() as w:
        (rows,) = (await inbox.take(w, house.vault, house.clock(), 10)).values()
    assert json.loads(rows[-1].body or b"") == {"text": "a true worry"}


async def test_a_form_sent_twice_is_one_message(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        twice = [browser.post("/talk", data={"text": "once", "form": "same"}) for _ in range(2)]
        assert {answer.status_code for answer in await asyncio.gather(*twice)} == {303}
    assert house.guide.heard.count({"text": "once"}) == 1


async def test_the_same_words_in_a_new_form_are_a_new_message(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        for number in ("1", "2"):
            await browser.post("/talk", data={"text": "yes", "form": number})
    assert house.guide.heard.count({"text": "yes"}) == 2


async def test_words_changed_after_going_back_to_an_old_form_are_not_taken_for_a_repeat(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        for text in ("first", "first, and more"):
            await browser.post("/talk", data={"text": text, "form": "same"})
    assert {"text": "first, and more"} in house.guide.heard


async def test_two_visitors_with_the_same_form_number_do_not_shadow_each_other(house: Home) -> None:
    async with house.browser() as one, house.browser() as other:
        for browser in (one, other):
            await begin(browser)
            await browser.post("/talk", data={"text": "mine", "form": "same"})
    assert house.guide.heard.count({"text": "mine"}) == 2


async def test_too_long_a_message_comes_back_whole_in_the_box(house: Home) -> None:
    text = "ق" * LONGEST + " end"
    async with house.browser() as browser:
        await begin(browser)
        answer = await browser.post("/talk", data={"text": text, "form": "1"})
        assert answer.status_code == 413
        assert box(answer.text) == text
        assert "send them in two parts" in answer.text
        fits = await browser.post("/talk", data={"text": text[4:], "form": "2"})
        assert fits.status_code == 303
    assert {"text": text} not in house.guide.heard
    assert {"text": text[4:]} in house.guide.heard


async def test_too_fast_a_message_comes_back_whole_but_emergency_and_hide_are_never_refused(
    house: Home,
) -> None:
    async with house.browser() as browser:
        await begin(browser)
        for number in range(EACH_MINUTE):
            await browser.post("/talk", data={"text": "x", "form": f"{number}"}, headers=SCRIPT)
        answer = await browser.post("/talk", data={"text": "still me", "form": "n"})
        assert answer.status_code == 429 and box(answer.text) == "still me"
        for word in ("person", "hide", "emergency"):
            assert (await browser.post("/talk", data={"word": word}, headers=SCRIPT)).status_code == 204
        house.clock.forward(minutes=1)
        again = await browser.post("/talk", data={"text": "still me", "form": "n"}, headers=SCRIPT)
        assert again.status_code == 204


async def test_half_written_words_survive_a_tap_and_an_always_word_but_not_hide(house: Home) -> None:
    async with house.browser(follow_redirects=True) as browser:
        await begin(browser)
        for pressed in ({"tap": "t1"}, {"word": "back"}):
            page = (await browser.post("/talk", data={"text": "half a sen", **pressed})).text
            assert box(page) == "half a sen"
        page = (await browser.post("/talk", data={"text": "half a sen", "word": "hide"})).text
        assert "half a sen" not in page


async def test_nothing_typed_is_lost_when_the_visit_has_ended(house: Home) -> None:
    async with house.browser() as browser:
        answer = await browser.post("/talk", data={"text": "my <b>words</b>", "form": "1"})
        assert answer.status_code == 410
        assert box(answer.text) == "my <b>words</b>"
        by_script = await browser.post("/talk", data={"text": "my words"}, headers=SCRIPT)
        assert by_script.status_code == 410 and by_script.text == ""
    assert await house.count("inbox") == 0


async def test_an_invented_cookie_begins_no_talk(house: Home) -> None:
    async with house.browser(cookies={"visit": f"{'x' * 43}.0"}) as browser:
        assert (await browser.post("/talk", data={"text": "x"})).status_code == 410
        assert (await browser.get("/talk")).headers["location"] == "/"
    assert await house.talks() == []


async def test_with_the_database_away_words_come_back_with_a_way_to_send_them_again(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser, "ar")
        await house.break_database()
        answer = await browser.post("/talk", data={"text": "كلماتي", "form": "1", "lang": "ar"})
        assert answer.status_code == 503
        assert box(answer.text) == "كلماتي"
        assert "إرسال مرة أخرى" in answer.text
        assert form_number(answer.text) == "1", "sent again it must count once, should it have arrived"
        assert 'href="/emergency/ar"' in answer.text
        by_script = await browser.post("/talk", data={"text": "x"}, headers=SCRIPT)
        assert by_script.status_code == 503


@pytest.mark.parametrize("path", ["/emergency", "/emergency/en", "/emergency/en/AT", "/emergency/xx/99", "/"])
async def test_the_emergency_card_and_the_first_page_need_no_database(house: Home, path: str) -> None:
    async with house.browser() as browser:
        await begin(browser)
        await house.break_database()
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert path == "/" or 'href="tel:112"' in answer.text


async def test_pressing_emergency_without_script_leads_to_the_card_and_tells_the_guide(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        answer = await browser.post("/talk", data={"word": "emergency"})
        assert answer.headers["location"] == "/emergency/en"
    assert {"word": "emergency"} in house.guide.heard


async def test_empty_words_are_no_message(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        before = await house.count("inbox")
        for data in ({"text": "  \n"}, {}, {"word": "invented"}):
            assert (await browser.post("/talk", data=data)).status_code == 303
    assert await house.count("inbox") == before


async def test_after_hide_the_page_is_empty_and_the_history_does_not_come_back(house: Home) -> None:
    async with house.browser(follow_redirects=True) as browser:
        await begin(browser)
        before = shown((await browser.get("/talk")).text)
        page = (await browser.post("/talk", data={"word": "hide", "form": "1"})).text
        assert shown(page) == ["OK."] and offered(page) == {} and "automatic guide" not in page
        assert 'value="hide"' not in page and 'name="text"' in page and 'href="/emergency/en"' in page
        assert shown((await browser.get("/talk")).text) == ["OK."]

        page = (await browser.post("/talk", data={"text": "hello", "form": "2"})).text
        assert shown(page)[1] == "That sounds very hard." and shown(page)[0] not in before


async def test_what_a_person_says_after_hide_is_never_kept_back(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        await browser.post("/talk", data={"word": "hide", "form": "1"})
        await house.guide.tell((await house.talks())[0], "A person answers.")
        page = (await browser.get("/talk")).text
    assert shown(page) == ["OK.", "A person answers."] and 'value="hide"' in page


async def test_hidden_messages_do_not_return_with_a_code_either(house: Home) -> None:
    async with house.browser() as phone, house.browser(follow_redirects=True) as laptop:
        await begin(phone)
        await phone.post("/talk", data={"word": "hide"})
        await give_code(house, "1111")
        await laptop.post("/return", data={"code": "1111"})
        page = (await laptop.get("/talk")).text
    assert "Can you read and write here" in page
    assert page.count("automatic guide") <= 1


async def test_opened_again_after_half_an_hour_the_talk_shows_only_what_is_new_since_the_last_word(
    house: Home,
) -> None:
    async with house.browser(follow_redirects=True) as browser:
        await begin(browser)
        house.clock.forward(minutes=5)
        await browser.post("/talk", data={"text": "my last word", "form": "1"})
        house.clock.forward(minutes=29)
        assert len(shown((await browser.get("/talk")).text)) == 4
        await house.guide.tell((await house.talks())[0], "A person answers.")
        house.clock.forward(minutes=2)
        late = shown((await browser.get("/talk")).text)
        assert late[0] == "That sounds very hard." and late[-1] == "A person answers."
        page = (await browser.post("/start", data={"lang": "en", "form": "2"})).text
        assert shown(page)[:3] == late, "starting again must not bring the history back"
        await browser.post("/talk", data={"text": "hello", "form": "3"})
        assert len(shown((await browser.get("/talk")).text)) == 7


async def test_writing_again_after_half_an_hour_does_not_bring_the_history_back(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        house.clock.forward(minutes=5)
        await browser.post("/talk", data={"text": "my last word", "form": "1"})
        house.clock.forward(minutes=31)
        await browser.post("/talk", data={"text": "hello", "form": "2"})
        page = (await browser.get("/talk")).text
    assert len(shown(page)) == 4 and "automatic guide" not in page


async def test_a_code_used_long_after_shows_only_what_is_new_since_the_last_word(house: Home) -> None:
    async with house.browser() as phone, house.browser(follow_redirects=True) as laptop:
        await begin(phone)
        house.clock.forward(minutes=5)
        await phone.post("/talk", data={"text": "my last word", "form": "1"})
        await give_code(house, "1111")
        house.clock.forward(days=2)
        await house.guide.tell((await house.talks())[0], "A person answered.")
        page = (await laptop.post("/return", data={"code": "1111"})).text
    assert shown(page)[0] == "That sounds very hard." and "A person answered." in shown(page)


async def test_the_page_follows_the_language_of_the_talk(house: Home) -> None:
    async with house.browser(follow_redirects=True) as browser:
        await begin(browser)
        page = (await browser.post("/talk", data={"word": "language", "form": "1"})).text
        assert offered(page)["العربية"] == "lang:ar"
        page = (await browser.post("/talk", data={"tap": "lang:ar", "form": "2"})).text
        assert '<html lang="ar" dir="rtl"' in page
        assert ">إرسال</button>" in page and "مسودة" in page


async def test_every_message_says_its_language_and_direction(house: Home) -> None:
    async with house.browser(follow_redirects=True) as browser:
        await begin(browser, "ar")
        await house.guide.tell((await house.talks())[0], "In English for once.")
        page = (await browser.get("/talk")).text
    assert '<bdi lang="ar" dir="rtl">مرحبا' in page
    assert '<bdi lang="en" dir="ltr">In English for once.</bdi>' in page


async def test_a_note_in_between_leaves_the_open_question_open(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        number = (await house.talks())[0]
        await house.guide.tell(number, "A quick hello.", kind="note")
        assert len(offered((await browser.get("/talk")).text)) == 4
        await house.guide.tell(number, "A person is here now.")
        assert offered((await browser.get("/talk")).text) == {}


@pytest.mark.parametrize(
    "bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 77777 * 99999 }}", "\u202e"]
)
async def test_what_is_said_is_text_and_never_page(house: Home, bad: str) -> None:
    async with house.browser() as browser:
        await begin(browser)
        await house.guide.tell((await house.talks())[0], bad)
        page = (await browser.get("/talk")).text
        assert shown(page)[-1] == bad
        answer = await browser.post("/talk", data={"text": bad + "x" * LONGEST, "form": "1"})
        assert box(answer.text).startswith(bad)
    for one in (page, answer.text):
        assert "<script>alert" not in one and "<img" not in one and "7777622223" not in one


async def test_example_and_draft_are_said_on_every_page(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser, "ar")
        for path in ("/?lang=ar", "/talk", "/emergency/ar"):
            page = (await browser.get(path)).text
            assert "جهة تشغيل للمثال فقط" in page and "هذه اللغة مسودة" in page, path
        assert "draft" not in (await browser.get("/?lang=en")).text
        assert "Example operator - not a real service" in (await browser.get("/?lang=en")).text


async def test_a_strange_form_is_no_crash(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        files = {"text": ("a.txt", b"words in a file")}
        odd: list[httpx.Response] = [
            await browser.post("/talk", files=files),
            await browser.post("/talk", content=b"\xff\xfe", headers={"content-type": "application/json"}),
            await browser.post("/talk", data={f"f{n}": "x" for n in range(100)}),
            await browser.post(
                "/talk", content=b"--x", headers={"content-type": "multipart/form-data; boundary=x"}
            ),
            await browser.post("/start", data={"lang": "../../etc", "form": "x" * 9000}),
        ]
    assert all(answer.status_code < 500 for answer in odd)
