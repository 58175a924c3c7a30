"""First witness: aiogram 3.31, unmodified, talks to the server as to the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReactionTypeEmoji,
    ReplyParameters,
)

from tests.botapi import BotApi, Person
from tests.botapi.person import TINY_PNG

YES = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="نعم", callback_data="yes")]])


def client(api: BotApi, token: str | None = None) -> Bot:
    session = AiohttpSession(api=TelegramAPIServer.from_base(api.url, is_local=False))
    return Bot(token or api.token, session=session)


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    made = client(api)
    yield made
    await made.session.close()


def dispatcher() -> Dispatcher:
    routes = Dispatcher()

    @routes.message(CommandStart(deep_link=True))
    async def start(message: Message, command: CommandObject) -> None:
        await message.answer(f"أهلاً {command.args}", reply_markup=YES)

    @routes.callback_query(F.data == "yes")
    async def tapped(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.message.edit_text("تم")
        await query.answer("شكراً", show_alert=True)

    @routes.message(F.text)
    async def echo(message: Message) -> None:
        await message.reply(f"<b>{message.text}</b>", parse_mode="HTML")

    return routes


async def test_a_talk_from_start_to_tap(api: BotApi, bot: Bot) -> None:
    routes = dispatcher()
    polling = asyncio.create_task(routes.start_polling(bot, handle_signals=False, polling_timeout=20))
    amal = api.person("أمل", "ar")
    amal.start("campaign_1")
    greeting = await amal.expect("أهلاً campaign_1")
    assert greeting.buttons == (("نعم",),)
    assert await amal.tap("نعم").answered() == {"text": "شكراً", "show_alert": True, "url": ""}
    edited = await amal.expect("تم")
    assert (edited.id, edited.edited, edited.buttons) == (greeting.id, True, ())
    asked = amal.write("هل أنت إنسان؟")
    answer = await amal.expect("إنسان")
    assert answer.reply_to == asked.id and answer.entities[0]["type"] == "bold"
    await routes.stop_polling()
    await polling


async def test_messages_are_deleted_and_actions_seen(bot: Bot, amal: Person) -> None:
    sent = await bot.send_message(amal.id, "gone soon", protect_content=True, disable_notification=True)
    assert amal.said()[0].protected and amal.said()[0].silent
    assert await bot.delete_message(amal.id, sent.message_id) is True
    assert amal.said() == []
    await bot.send_chat_action(amal.id, "typing")
    assert amal.actions() == ["typing"]


async def test_files_go_both_ways(api: BotApi, bot: Bot, amal: Person) -> None:
    photo = await bot.send_photo(amal.id, BufferedInputFile(TINY_PNG, "p.png"), caption="صورة")
    assert photo.photo and photo.caption == "صورة"
    letter = await bot.send_document(amal.id, BufferedInputFile(b"body", "letter.txt"))
    await bot.send_voice(amal.id, BufferedInputFile(b"OggS", "v.oga"), duration=2)
    assert letter.document and letter.document.file_name == "letter.txt"
    amal.send_photo(TINY_PNG, caption="mine")
    update = (await bot.get_updates())[-1]
    assert update.message and update.message.photo
    file = await bot.get_file(update.message.photo[-1].file_id)
    assert file.file_path
    loaded = await bot.download_file(file.file_path)
    assert loaded and loaded.read() == TINY_PNG
    again = await bot.send_photo(amal.id, update.message.photo[-1].file_id)
    assert again.photo
    copied = await bot.copy_message(amal.id, amal.id, letter.message_id, caption="copy")
    assert amal.transcript()[-1].id == copied.message_id and amal.transcript()[-1].text == "copy"


async def test_errors_become_typed_exceptions(api: BotApi, bot: Bot, amal: Person) -> None:
    api.faults.flood("sendMessage", retry_after=7)
    with pytest.raises(TelegramRetryAfter) as flooded:
        await bot.send_message(amal.id, "x")
    assert flooded.value.retry_after == 7
    amal.block()
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(amal.id, "x")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(1, "x")
    api.faults.bad_gateway("sendMessage")
    with pytest.raises(ClientDecodeError):
        await bot.send_message(amal.id, "x")
    amal.unblock()
    api.faults.act_then_drop("sendMessage")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(amal.id, "did it arrive?")
    assert amal.said()[-1].text == "did it arrive?"
    stranger = client(api, "123456:unknown-to-everybody")
    with pytest.raises(TelegramUnauthorizedError):
        await stranger.get_me()
    await stranger.session.close()


async def test_a_group_that_moved_tells_its_new_number(api: BotApi, bot: Bot) -> None:
    owner = api.person("Owner")
    small = api.group("Team", owner, supergroup=False)
    assert (await bot.send_message(small.id, "here")).chat.type == "group"
    big = small.upgrade()
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(small.id, "where?")
    assert moved.value.migrate_to_chat_id == big.id
    await bot.send_message(big.id, "here again")


async def test_two_pollers_conflict(api: BotApi, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await api.until(lambda: api.calls("getUpdates"))
    second = asyncio.create_task(bot.get_updates(timeout=20))
    with pytest.raises(TelegramConflictError):
        await first
    api.person().start()
    assert len(await second) == 1


async def test_topics_in_a_private_chat_and_in_a_group(api: BotApi, bot: Bot, amal: Person) -> None:
    forum = api.group("Desk", amal, forum=True)
    for place, group in ((amal.id, None), (forum.id, forum)):
        topic = await bot.create_forum_topic(place, "Maple-001 · ar")
        sent = await bot.send_message(place, "قضية", message_thread_id=topic.message_thread_id)
        assert sent.is_topic_message and sent.message_thread_id == topic.message_thread_id
        amal.write("answer", group=group, topic=topic.message_thread_id)
        update = (await bot.get_updates())[-1]
        assert update.message and update.message.message_thread_id == topic.message_thread_id
        assert await bot.edit_forum_topic(place, topic.message_thread_id, name="closed · Maple-001")
        assert await bot.delete_forum_topic(place, topic.message_thread_id)
        with pytest.raises(TelegramBadRequest, match="message thread not found"):
            await bot.send_message(place, "x", message_thread_id=topic.message_thread_id)


async def test_the_bots_own_face(api: BotApi, bot: Bot, amal: Person) -> None:
    await bot.set_my_commands([BotCommand(command="stop", description="توقف")], language_code="ar")
    assert (await bot.get_my_commands(language_code="ar"))[0].description == "توقف"
    await bot.set_my_name("بجانبك", language_code="ar")
    assert (await bot.get_my_name(language_code="ar")).name == "بجانبك"
    assert (await bot.get_my_name(language_code="fr")).name == "Beside"
    await bot.set_my_description("A quiet place to ask")
    assert (await bot.get_my_description()).description == "A quiet place to ask"
    await bot.set_my_short_description("Beside")
    await bot.set_chat_menu_button(chat_id=amal.id)
    assert (await bot.get_me()).has_topics_enabled is True


async def test_who_is_in_a_chat(api: BotApi, bot: Bot, amal: Person) -> None:
    group = api.group("Family", amal)
    admins = await bot.get_chat_administrators(group.id)
    assert {admin.user.id for admin in admins} == {amal.id, bot.id}
    assert (await bot.get_chat_member(group.id, amal.id)).status == "creator"
    assert (await bot.get_chat(amal.id)).type == "private"
    pinned = await bot.send_message(group.id, "read me")
    await bot.pin_chat_message(group.id, pinned.message_id)
    info = await bot.get_chat(group.id)
    assert info.pinned_message and info.pinned_message.message_id == pinned.message_id
    await bot.set_message_reaction(group.id, pinned.message_id, [ReactionTypeEmoji(emoji="🙏")])
    await bot.leave_chat(group.id)
    with pytest.raises(TelegramForbiddenError, match="not a member"):
        await bot.send_message(group.id, "x")


async def test_edits_of_captions_and_keyboards(bot: Bot, amal: Person) -> None:
    photo = await bot.send_photo(amal.id, BufferedInputFile(TINY_PNG, "p.png"), caption="a", reply_markup=YES)
    await bot.edit_message_caption(chat_id=amal.id, message_id=photo.message_id, caption="b")
    assert amal.said()[-1].text == "b" and amal.said()[-1].buttons == ()
    await bot.edit_message_reply_markup(chat_id=amal.id, message_id=photo.message_id, reply_markup=YES)
    assert amal.said()[-1].buttons == (("نعم",),)
    with pytest.raises(TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_reply_markup(chat_id=amal.id, message_id=photo.message_id, reply_markup=YES)
    with pytest.raises(TelegramBadRequest, match="there is no text in the message to edit"):
        await bot.edit_message_text("x", chat_id=amal.id, message_id=photo.message_id)
    reply = await bot.send_message(
        amal.id, "r", reply_parameters=ReplyParameters(message_id=photo.message_id)
    )
    assert reply.reply_to_message and reply.reply_to_message.caption == "b"
    await bot.send_message_draft(amal.id, draft_id=1, text="writing…")
