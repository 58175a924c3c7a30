"""No word, name, number or token of anybody reaches a log line, a terminal or an exception's text (security F3)."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot import turn
from bot.channels.port import OuterError, Unreadable
from bot.channels.telegram import Telegram, outer
from bot.logs import frames, set_up
from dialogs.events import Wrote
from tests.botapi import BotApi
from tests.promises.conftest import SECRET, town
from tests.promises.family import TO_A_PERSON, Family, Town
from tests.promises.test_bad_input import call, written
from tests.promises.test_poison import old_forward

pytestmark = pytest.mark.usefixtures("logs_as_they_were")
TOKEN = "111222333:canarytokencanarytokencanarytokenab"
WORDS = {
    "their words": "canarywordsonmysofa",
    "words before they agreed": "canaryearlywords",
    "their name": "Canaryfirstname",
    "their other name": "Canarylastname",
    "their account": "canaryaccount",
    "words nobody can read": "canaryunreadable",
    "words that hit a bug": "canarybugwords",
    "a caption": "canarycaption",
    "a file's name": "canaryfilename",
    "a forged button": "canarybutton",
    "a campaign's link": "canarycampaign",
    "the token": TOKEN.partition(":")[2],
    "the webhook's secret": SECRET,
}


def leaks(text: str, words: Mapping[str, str]) -> list[str]:
    return [what for what, word in words.items() if word.lower() in text.lower()]


async def a_whole_life(place: Town) -> Family:
    """A family in every situation that writes a line somewhere: ordinary, odd, refused, broken."""
    family = place.family(
        WORDS["their name"], last_name=WORDS["their other name"], username=WORDS["their account"]
    )
    person, faults = family.person, place.api.faults
    person.start(WORDS["a campaign's link"])
    await place.quiet()
    await family.do("lang:en", WORDS["words before they agreed"], *TO_A_PERSON, WORDS["their words"])
    person.send_photo(caption=WORDS["a caption"])
    person.send_document(b"x", name=WORDS["a file's name"])
    message = person.chat().messages[family.last_question().id]
    person.world.tap(person.user, message, WORDS["a forged button"])
    odd = old_forward(family)
    odd["message"]["text"] = WORDS["words nobody can read"]
    faults.raw_update(place.api.bot(), odd)
    faults.unknown_update(place.api.bot())
    faults.raw_update(place.api.bot(), {"message": {"text": WORDS["their words"]}})
    await place.quiet()
    words = WORDS["their words"]
    faults.bad_gateway("getUpdates")
    faults.error("getUpdates", 409, f"Conflict: {words}")
    faults.error("answerCallbackQuery", 400, f"Bad Request: {words}")
    refusals: list[tuple[str, dict[str, Any]]] = [
        ("error", {"code": 500, "description": f"Internal {words}"}),
        ("error", {"code": 400, "description": f"Bad Request: {words}"}),
        ("error", {"code": 429, "description": f"Too Many {words}", "parameters": {"retry_after": 1}}),
        ("error", {"code": 403, "description": f"Forbidden: {words}"}),
        ("bad_gateway", {}),
        ("act_then_drop", {}),
        ("truncate", {}),
    ]
    for kind, more in refusals:
        unlucky = place.family(WORDS["their name"], username=WORDS["their account"]).person
        faults.add(kind, "sendMessage", chat_id=unlucky.id, **more)
        unlucky.write(words)
    await place.quiet()
    assert (
        await call(place, written(place, family, WORDS["their words"], 7_000_001), "canarywrongsecret") == 401
    )
    assert await call(place, {"update_id": 7_000_002, "message": WORDS["their words"]}) == 200  # type: ignore[dict-item]
    return family


class Broken:
    def __init__(self, real: Any) -> None:
        self.real = real

    def __call__(self, script: Any, state: Any, event: Any, known: Any) -> Any:
        if isinstance(event, Wrote) and event.text == WORDS["words that hit a bug"]:
            raise ValueError(f"cannot handle {event.text} of {WORDS['their name']}")
        return self.real(script, state, event, known)


async def test_a_whole_life_leaves_no_word_in_any_log(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up()
    async with town(home, token=TOKEN, telegram_webhook_secret=SECRET) as place:
        family = await a_whole_life(place)
        monkeypatch.setattr(turn, "advance", Broken(turn.advance))
        await family.do(WORDS["words that hit a bug"])
        monkeypatch.undo()
        about = {**WORDS, "their number": str(family.person.id), "their keyed name": family.pid}
    said = capfd.readouterr()
    lines = [line for line in (said.out + said.err).splitlines() if line]
    print(f"\n{len(lines)} lines written, {len(about)} canaries")
    for event in ("batch-failed", "accept-failed", "send", "update-without-a-person"):
        assert f'"{event}"' in said.err, "else nothing was tried"
    assert leaks(said.out + said.err, about) == []


async def test_the_control_that_logs_a_message_is_caught(capfd: pytest.CaptureFixture[str]) -> None:
    """The usual way of a bot: the text, the sender and the address of the call, at level INFO."""
    stock = logging.getLogger("a-usual-bot")
    stock.handlers[:] = [logging.StreamHandler(sys.stderr)]
    stock.setLevel(logging.INFO)
    stock.info("update from %s: %r", WORDS["their name"], WORDS["their words"])
    stock.info("POST https://messenger.example/bot%s/sendMessage", TOKEN)
    stock.handlers[:] = []
    assert leaks(capfd.readouterr().err, WORDS) == ["their words", "their name", "the token"]


async def test_other_peoples_loggers_lose_their_arguments(capfd: pytest.CaptureFixture[str]) -> None:
    set_up()
    logging.getLogger("some.library").warning("odd update %s", WORDS["their words"])
    logging.getLogger("aiogram.event").error("failed %s", TOKEN)
    logging.getLogger("asyncio").error(
        "Task exception was never retrieved", exc_info=ValueError(WORDS["their words"])
    )
    said = capfd.readouterr().err
    assert said.count('"foreign"') == 3
    assert leaks(said, WORDS) == []


async def test_errors_that_leave_a_channel_carry_nothing() -> None:
    telegram = Telegram(TOKEN)
    body = f'{{"update_id": 1, "message": {{"text": "{WORDS["their words"]}"}}}}'.encode()
    with pytest.raises(Unreadable) as unreadable:
        telegram.decode(body)
    await telegram.close()
    assert unreadable.value.__cause__ is None and unreadable.value.__suppress_context__
    told = outer(ValueError(WORDS["their words"]))
    assert isinstance(told, OuterError)
    for error in (unreadable.value, told):
        assert leaks(repr(error) + str(error) + frames(error), WORDS) == []


async def test_the_real_program_says_nothing_of_a_family_on_its_terminal(home: Path) -> None:
    """`beside demo`, as a process of its own, also when it is stopped."""
    async with BotApi.serve(token=TOKEN) as api:
        (home / "data-keys").symlink_to(home / "keys")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("BESIDE_")}
        more = {
            "BESIDE_TELEGRAM_TOKEN": TOKEN,
            "BESIDE_TELEGRAM_API_URL": api.url,
            "BESIDE_TELEGRAM_WEBHOOK_SECRET": SECRET,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "demo", "--port", "0", "--data", str(home / "data"),
            env=plain | more, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        person = api.person(
            WORDS["their name"], "en", last_name=WORDS["their other name"], username=WORDS["their account"]
        )
        await api.until(lambda: api.calls("getUpdates"), timeout=40)
        person.write(WORDS["their words"])
        api.faults.malformed_update(api.bot(), person.id)
        api.faults.error("sendMessage", 403, f"Forbidden: {WORDS['their words']}")
        await api.until(lambda: len(api.calls("sendMessage")) >= 3, timeout=20)
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    said = (out + err).decode()
    assert "Web chat" in said and '"send"' in said, "else nothing was written at all"
    assert leaks(said, {**WORDS, "their number": str(person.id)}) == []
