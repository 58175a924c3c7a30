"""Second witness: python-telegram-bot 22.8, unmodified; it shares no code with the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
)
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.botapi import BotApi, Person
from tests.botapi.person import TINY_PNG

App = Application[Any, Any, Any, Any, Any, Any]
YES = InlineKeyboardMarkup([[InlineKeyboardButton("نعم", callback_data="yes")]])


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message
    await update.message.reply_text(f"أهلاً {' '.join(context.args or [])}", reply_markup=YES)


async def tapped(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query
    await update.callback_query.edit_message_text("تم")
    await update.callback_query.answer("شكراً")


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message
    await update.message.reply_text(f"<b>{update.message.text}</b>", parse_mode="HTML", do_quote=True)


def application(api: BotApi) -> App:
    made = (
        Application.builder()
        .token(api.token)
        .base_url(f"{api.url}/bot")
        .base_file_url(f"{api.url}/file/bot")
        .job_queue(None)
        .build()
    )
    made.add_handler(CommandHandler("start", start))
    made.add_handler(CallbackQueryHandler(tapped))
    made.add_handler(MessageHandler(filters.TEXT, echo))
    return made


@pytest.fixture(autouse=True)
def durations_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this PTB 22 warns at every RetryAfter, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with Bot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot") as made:
        yield made


async def test_a_talk_from_start_to_tap(api: BotApi) -> None:
    app = application(api)
    async with app:
        await app.start()
        assert app.updater
        await app.updater.start_polling(timeout=20)
        amal = api.person("أمل", "ar")
        amal.start("campaign_1")
        greeting = await amal.expect("أهلاً campaign_1")
        assert (await amal.tap("نعم").answered())["text"] == "شكراً"
        edited = await amal.expect("تم")
        assert (edited.id, edited.edited, edited.buttons) == (greeting.id, True, ())
        asked = amal.write("هل أنت إنسان؟")
        answer = await amal.expect("إنسان")
        assert answer.reply_to == asked.id and answer.entities[0]["type"] == "bold"
        await app.updater.stop()
        await app.stop()


async def test_errors_become_typed_exceptions(api: BotApi, bot: Bot, amal: Person) -> None:
    api.faults.flood("sendMessage", retry_after=7)
    with pytest.raises(RetryAfter) as flooded:
        await bot.send_message(amal.id, "x")
    assert flooded.value.retry_after == timedelta(seconds=7)
    amal.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(amal.id, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "x")
    api.faults.bad_gateway("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(amal.id, "x")
    amal.unblock()
    api.faults.act_then_drop("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(amal.id, "did it arrive?")
    assert amal.said()[-1].text == "did it arrive?"
    with pytest.raises(InvalidToken):
        async with Bot("123456:unknown-to-everybody", base_url=f"{api.url}/bot"):
            pass


async def test_a_group_that_moved_tells_its_new_number(api: BotApi, bot: Bot) -> None:
    small = api.group("Team", api.person("Owner"), supergroup=False)
    big = small.upgrade()
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(small.id, "where?")
    assert moved.value.new_chat_id == big.id


async def test_two_pollers_conflict(api: BotApi, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await api.until(lambda: api.calls("getUpdates"))
    async with Bot(api.token, base_url=f"{api.url}/bot") as other:
        second = asyncio.create_task(other.get_updates(timeout=20))
        with pytest.raises(Conflict):
            await first
        api.person().start()
        assert len(await second) == 1


async def test_files_go_both_ways(api: BotApi, bot: Bot, amal: Person) -> None:
    sent = await bot.send_document(amal.id, b"body", filename="letter.txt", caption="رسالة")
    assert sent.document and sent.document.file_name == "letter.txt"
    await bot.send_photo(amal.id, TINY_PNG, has_spoiler=True)
    await bot.send_voice(amal.id, b"OggS", duration=2)
    amal.send_voice(b"OggS-voice", duration=9)
    amal.send_contact("+15550100")
    voice, contact = await bot.get_updates()
    assert contact.message and contact.message.contact and contact.message.contact.user_id == amal.id
    assert voice.message and voice.message.voice and voice.message.voice.duration == timedelta(seconds=9)
    file = await voice.message.voice.get_file()
    assert bytes(await file.download_as_bytearray()) == b"OggS-voice"


async def test_topics_in_a_private_chat_and_in_a_group(api: BotApi, bot: Bot, amal: Person) -> None:
    forum = api.group("Desk", amal, forum=True)
    for place, group in ((amal.id, None), (forum.id, forum)):
        topic = await bot.create_forum_topic(place, "Maple-001 · ar")
        number = topic.message_thread_id
        assert (await bot.send_message(place, "case", message_thread_id=number)).is_topic_message
        amal.write("answer", group=group, topic=number)
        heard = (await bot.get_updates())[-1].message
        assert heard and heard.message_thread_id == number
        await bot.edit_forum_topic(place, number, name="closed · Maple-001")
        if group is not None:
            await bot.close_forum_topic(place, number)
            await bot.reopen_forum_topic(place, number)
        await bot.delete_forum_topic(place, number)
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(place, "x", message_thread_id=number)


async def test_deleting_and_the_bots_own_face(api: BotApi, bot: Bot, amal: Person) -> None:
    sent = [await bot.send_message(amal.id, str(number)) for number in range(3)]
    assert await bot.delete_messages(amal.id, [message.message_id for message in sent])
    assert amal.said() == []
    await bot.set_my_commands([BotCommand("stop", "Stop")], language_code="en")
    assert (await bot.get_my_commands(language_code="en"))[0].command == "stop"
    await bot.set_my_short_description("short", language_code="en")
    assert (await bot.get_my_short_description("en")).short_description == "short"
    await bot.set_chat_menu_button(amal.id)
    await bot.set_message_reaction(amal.id, amal.write("thank you").id, "❤")
    assert amal.transcript()[-1].reactions == ("❤",)
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("", 1)
