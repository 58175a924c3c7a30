"""Coming and going: headers on everything, no stranger's forms, codes that tell nothing, a quick way out."""

import asyncio
import random
import re
import statistics
from pathlib import Path
from time import perf_counter

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.house import new_code
from storage.conversations import load, save
from tests.web.home import OURS, OUTSIDE, Home, home
from web.app import app
from web.door import SAME_TIME, TRIES, plain_code
from web.guard import HEADERS, MOST_BODY
from web.pace import peer_of

EVERYWHERE = [
    "/",
    "/?lang=ar",
    "/talk",
    "/emergency",
    "/emergency/ar/DE",
    "/static/room.css",
    "/static/nothing.css",
]
EVERYWHERE += ["/healthz", "/readyz", "/nowhere", "/talk/stream", "/start"]


def session(answer: httpx.Response) -> str:
    return next(one for one in answer.headers.get_list("set-cookie") if "visit=" in one)


async def begin(browser: httpx.AsyncClient, lang: str = "en") -> None:
    answer = await browser.post("/start", data={"lang": lang, "form": "f"}, follow_redirects=False)
    assert answer.status_code == 303


async def give_code(house: Home, code: str) -> int:
    """The first talk has this return code, as the turn would note it."""
    number = (await house.talks())[0]
    async with house.db.work() as w:
        talk = (await load(w, house.vault, [number]))[number]
        talk.code = plain_code(code)
        await save(w, house.vault, [talk])
    return number


async def test_every_answer_carries_the_headers(house: Home) -> None:
    async with house.browser() as browser:
        for path in EVERYWHERE:
            answer = await browser.get(path)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, f"{path}: {name}"
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert "strict-transport-security" not in answer.headers


async def test_a_crash_also_carries_the_headers_and_says_it_kindly(tmp_path: Path) -> None:
    def broken(lang: str, country: str) -> None:
        raise ValueError("a bug")

    async with home(tmp_path) as one:
        object.__setattr__(one.house, "card", broken)
        async with one.browser() as browser:
            answer = await browser.get("/emergency/en")
    assert answer.status_code == 500
    assert "Something on our side does not work" in answer.text
    assert HEADERS.items() <= {name: answer.headers[name] for name in HEADERS}.items()


async def test_over_https_the_cookie_is_bound_to_this_host_and_the_browser_stays_on_https(
    tmp_path: Path,
) -> None:
    async with home(tmp_path, https=True) as one, one.browser() as browser:
        answer = await browser.post("/start", data={"lang": "en"})
        cookie = session(answer)
        assert cookie.startswith("__Host-visit=")
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=strict" in cookie
        assert "Path=/" in cookie and "Domain" not in cookie
        assert "expires" not in cookie.lower() and "max-age" not in cookie.lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_on_plain_loopback_the_cookie_has_a_plain_name(house: Home) -> None:
    async with house.browser() as browser:
        cookie = session(await browser.post("/start", data={"lang": "en"}))
    assert cookie.startswith("visit=") and "HttpOnly" in cookie and "SameSite=strict" in cookie


STRANGERS: list[dict[str, str]] = [
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"origin": "https://elsewhere.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8001"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"},
]


async def test_a_strangers_form_is_refused_and_changes_nothing(house: Home) -> None:
    async with house.browser() as browser:
        del browser.headers["sec-fetch-site"]
        for path in ("/start", "/talk", "/return", "/leave"):
            for said in STRANGERS:
                answer = await browser.post(path, data={"text": "x"}, headers=said)
                assert answer.status_code == 403, f"{path} {said}"
                assert "set-cookie" not in answer.headers and "clear-site-data" not in answer.headers
    assert await house.count("inbox") == 0


async def test_a_machine_proves_itself_and_is_not_asked_for_its_page(house: Home) -> None:
    async def called(request: Request) -> Response:
        return PlainTextResponse(f"{len(await request.body())}")

    pages = app(house.house, machines=[Route("/machine", called, methods=["POST"])])
    transport = httpx.ASGITransport(pages)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as machine:
        answer = await machine.post("/machine", content=b"x" * (MOST_BODY + 1))
        assert answer.text == f"{MOST_BODY + 1}"
        assert answer.headers["cache-control"] == "no-store"
        assert (await machine.post("/leave")).status_code == 403


async def test_an_old_browser_is_known_by_its_origin(house: Home) -> None:
    async with house.browser() as browser:
        del browser.headers["sec-fetch-site"]
        answer = await browser.post(
            "/start", data={"lang": "en"}, headers={"origin": "http://127.0.0.1:8000"}
        )
    assert answer.status_code == 303


async def test_a_body_over_the_cap_is_refused_in_a_clear_sentence(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        before = await house.count("inbox")
        answer = await browser.post("/talk", data={"text": "short", "lang": "a" * MOST_BODY})
    assert answer.status_code == 413
    assert "at most 4,096 letters" in answer.text
    assert await house.count("inbox") == before


async def test_no_title_or_heading_names_the_topic(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        for path in ("/", "/emergency", "/talk", "/nowhere"):
            page = (await browser.get(path)).text.lower()
            for words in re.findall(r"<(?:title|h1|h2|meta)[^<]*", page):
                assert not re.search("extremis|radical|terror|police|crisis|counsel|famil|help", words), path


async def test_the_first_page_is_the_same_whether_one_has_been_here_or_not(house: Home) -> None:
    async with house.browser() as new, house.browser() as known:
        await begin(known)
        pages = [(await one.get("/")).text for one in (new, known)]
    alike = [re.sub(r'name="form" value="[^"]+"', "", page) for page in pages]
    assert alike[0] == alike[1]


async def test_the_page_speaks_the_browsers_language_and_never_one_that_is_not_offered(house: Home) -> None:
    async with house.browser() as browser:
        for wish, tongue in [("ar-SY,de;q=0.5", "ar"), ("tr, de;q=0.2", "de"), ("xx", "en"), ("q=;;,", "en")]:
            page = (await browser.get("/", headers={"accept-language": wish})).text
            assert f'<html lang="{tongue}"' in page
        assert '<html lang="de"' in (await browser.get("/?lang=de", headers={"accept-language": "ar"})).text


async def test_starting_makes_a_visit_and_wakes_the_guide_in_the_chosen_language(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser, "ar")
        page = (await browser.get("/talk")).text
    assert house.guide.heard == [{"word": "start", "lang": "ar"}]
    assert '<html lang="ar" dir="rtl"' in page and "مرحبا" in page


async def test_starting_again_goes_on_with_the_same_talk(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        await begin(browser)
    assert len(await house.talks()) == 1


async def test_the_number_in_the_cookie_is_nowhere_on_disk(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        await browser.post("/talk", data={"text": "hello", "form": "1"})
        token = browser.cookies["visit"].split(".")[0].encode()
    kept = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert token not in kept
    assert b"198.51.100.7" not in kept and b"hello" not in kept


async def test_leaving_ends_the_visit_and_leads_outside(house: Home) -> None:
    async with house.browser() as browser:
        await begin(browser)
        answer = await browser.post("/leave")
        assert answer.status_code == 200
        assert answer.headers["clear-site-data"] == '"*"'
        assert answer.headers["refresh"] == f"0; url={OUTSIDE}"
        assert "visit" not in browser.cookies
        again = await browser.get("/talk")
    assert again.status_code == 303 and again.headers["location"] == "/"


async def test_a_code_brings_the_talk_to_another_browser_and_ends_it_in_the_first(house: Home) -> None:
    async with house.browser() as phone, house.browser() as laptop:
        await begin(phone)
        number = await give_code(house, "4711 0815 1234 5678")
        answer = await laptop.post("/return", data={"code": "4711-0815 1234 ٥٦٧٨"})
        assert answer.status_code == 303
        assert "Can you read and write here" in (await laptop.get("/talk")).text
        assert (await phone.get("/talk")).headers["location"] == "/"
    assert await house.talks() == [number]
    await asyncio.wait_for(heard(house, {"word": "return"}), 5)


def test_a_code_is_understood_however_it_is_typed() -> None:
    given = new_code(random.Random(7))
    digits = given.replace(" ", "")
    arabic = "".join("٠١٢٣٤٥٦٧٨٩"[int(one)] for one in digits)
    for typed in (given, digits, arabic, f" {given}\n", "-".join(digits), given.replace(" ", "\u00a0")):
        assert plain_code(typed) == given


async def heard(house: Home, body: dict[str, str]) -> None:
    while body not in house.guide.heard:
        await house.guide.answer()


async def test_every_wrong_code_gets_the_same_answer(house: Home) -> None:
    async with house.browser() as family:
        await begin(family)
    number = await give_code(house, "1111 2222")
    async with house.db.work() as w:
        await w.conn.exec_driver_sql(f"UPDATE conversations SET channel = 'telegram' WHERE id = {number}")

    async def tried(code: str) -> tuple[int, str]:
        async with house.browser(f"198.51.100.{len(code) % 250}") as browser:
            answer = await browser.post("/return", data={"code": code, "lang": "en"})
            assert "set-cookie" not in answer.headers
            return answer.status_code, re.sub(r'name="form" value="[^"]+"', "", answer.text)

    wrong = ["", "9999 9999", "1111 2222", "x" * 5000, "\u202e<b>"]
    answers = await asyncio.gather(*(tried(code) for code in wrong))
    assert set(answers) == {answers[0]}
    assert "We found nothing under this code here" in answers[0][1]


async def test_right_and_wrong_codes_take_the_same_time(house: Home) -> None:
    async with house.browser() as family:
        await begin(family)
    await give_code(house, "1111 2222")
    times: dict[str, list[float]] = {"1111 2222": [], "9999 9999": [], "": []}

    async def tried(code: str, place: int) -> None:
        async with house.browser(f"198.51.100.{place}") as browser:
            start = perf_counter()
            await browser.post("/return", data={"code": code})
            times[code].append(perf_counter() - start)

    for place in range(5):
        await asyncio.gather(*(tried(code, place) for code in times))
    middles = [statistics.median(taken) for taken in times.values()]
    assert min(middles) >= SAME_TIME
    assert max(middles) - min(middles) < 0.05


async def test_codes_cannot_be_tried_without_end_and_others_are_not_held_up(house: Home) -> None:
    async with house.browser() as family:
        await begin(family)
    await give_code(house, "1111 2222")
    async with house.browser("198.51.100.66") as guesser, house.browser("198.51.100.8") as family:
        tries = [guesser.post("/return", data={"code": f"{n}"}) for n in range(TRIES)]
        assert {answer.status_code for answer in await asyncio.gather(*tries)} == {200}
        stopped = await guesser.post("/return", data={"code": "1111 2222"})
        assert stopped.status_code == 429 and "wait a quarter of an hour" in stopped.text
        assert (await family.post("/return", data={"code": "1111 2222"})).status_code == 303
        house.clock.forward(minutes=15)
        assert (await guesser.post("/return", data={"code": "9"})).status_code == 200


def test_one_household_is_one_peer() -> None:
    assert peer_of("2001:db8:1:2::3") == peer_of("2001:db8:1:2:ffff::9") != peer_of("2001:db8:1:3::3")
    assert peer_of("::ffff:198.51.100.7") == "198.51.100.7"
    assert peer_of(None) == "" and peer_of("testclient") == "testclient"


async def test_ready_says_what_is_true_and_healthy_needs_nothing(house: Home) -> None:
    async with house.browser() as browser:
        assert (await browser.get("/readyz")).status_code == 200
        house.ready = False
        assert (await browser.get("/readyz")).status_code == 503
        await house.break_database()
        assert (await browser.get("/healthz")).text == "ok"


async def test_a_request_with_our_header_alone_is_ours(house: Home) -> None:
    """The other tests rely on it."""
    async with house.browser() as browser:
        assert (await browser.post("/leave", headers=OURS)).status_code == 200
