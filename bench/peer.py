"""The peer: the same road as a bare aiogram bot, a handler for each state, everything in memory and nothing kept.

It says the same messages with the same buttons, from a dict instead of words files. No encryption, no outbox.
"""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bench.walk import Bubble, Step, Walk, typed, updates
from bench.watch import Lap, Take, settle
from dialogs.script import FACTS

STATES = 20
TOKEN = "1000:bench"


@dataclass(frozen=True)
class Sent:
    """All that anybody asks of an answer from the messenger; reading a whole one is nobody's work here."""

    message_id: int


class Swallow(AiohttpSession):
    """A session that makes every request ready to be sent, and then keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.sends = 0
        self._numbers = itertools.count(1)

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        self.build_form_data(bot, method)
        self.sends += 1
        return Sent(next(self._numbers))  # type: ignore[return-value]


def _keyboard(bubble: Bubble, always: tuple[str, ...]) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(text=label, callback_data=f"b{n}")] for n, label in enumerate(bubble.labels)
    ]
    if always:
        buttons = [InlineKeyboardButton(text=label, callback_data=f"a{n}") for n, label in enumerate(always)]
        rows += [buttons[:3], buttons[3:]]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


async def _say(message: Message, step: Step, always: tuple[str, ...]) -> None:
    for n, bubble in enumerate(step.answers):
        last = n == len(step.answers) - 1
        text = bubble.text.format_map(FACTS)
        await message.answer(text, reply_markup=_keyboard(bubble, always if last else ()))


def _router(walked: Walk) -> Router:
    """A state for each step of the road; each has a handler for its label and one for everything else."""
    router = Router()
    steps = walked.whole[: STATES + 1]
    states = [State(f"s{n}", group_name="Road") for n in range(len(steps))]

    def on(n: int) -> None:
        step = steps[n]

        async def answered(message: Message, state: FSMContext) -> None:
            await state.update_data({f"answer{n}": message.text})
            await state.set_state(states[n])
            await _say(message, step, walked.always)

        async def not_understood(message: Message) -> None:
            await _say(message, steps[n - 1], walked.always)

        if n == 0:
            router.message(CommandStart())(answered)
        else:
            router.message(states[n - 1], F.text == typed(step))(answered)
            router.message(states[n - 1])(not_understood)

    for n in range(len(steps)):
        on(n)
    return router


class Peer:
    def __init__(self, walked: Walk) -> None:
        self.walked = walked
        self.session = Swallow()
        self.bot = Bot(TOKEN, session=self.session)
        self.dispatcher = Dispatcher(storage=MemoryStorage())
        self.dispatcher.include_router(_router(walked))

    async def take(self, first: int, families: int, at_once: int) -> Take:
        """Let them walk; `at_once` updates are in flight together."""
        settle()
        before, count, lap = self.session.sends, 0, Lap()
        for batch in updates(self.walked, first, families, at_once):
            count += len(batch)
            with lap:
                await asyncio.gather(*(self._feed(each) for each in batch))
        answers = self.session.sends - before
        return Take(
            count, lap.wall, lap.cpu, lap.wall, lap.cpu, None, answers, families * self.walked.answers
        )

    async def _feed(self, each: dict[str, Any]) -> None:
        await self.dispatcher.feed_raw_update(self.bot, each)

    async def close(self) -> None:
        await self.bot.session.close()
