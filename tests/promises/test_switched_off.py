"""A channel that was switched off takes nothing away: what came through it waits until it is back."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.house import Outside, build
from bot.settings import read
from storage import inbox


async def test_letters_of_a_channel_that_is_off_wait_for_it(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 23, 11, tzinfo=UTC)]
    outside = Outside(clock=lambda: now[0], chance=random.Random(3))
    settings = read(
        demo=True,
        data_dir=tmp_path / "data",
        keys_dir=tmp_path / "keys",
        port=0,
        telegram_token="1:" + "a" * 35,
        telegram_api_url="http://127.0.0.1:9",
    )
    async with build(settings, outside) as house:
        person = {"id": 7, "is_bot": False, "first_name": "A"}
        message = {
            "message_id": 1,
            "date": 1,
            "text": "hello",
            "from": person,
            "chat": {"id": 7, "type": "private"},
        }
        assert await house.door.take_in([{"update_id": 1, "message": message}]) == 1
        channels, house.turns.channels = house.turns.channels, {"web": house.channels["web"]}
        await house.turns.round()
        assert await house.turns.round() == 0, "it does not turn round and round"
        async with house.db.reading() as conn:
            assert await inbox.waiting(conn) == 1
        house.turns.channels = channels
        now[0] += timedelta(minutes=2)
        assert await house.turns.round() == 1
        async with house.db.reading() as conn:
            assert await inbox.waiting(conn) == 0
