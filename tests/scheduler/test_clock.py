"""The clock wakes at the next due row or after a minute, and no wall clock that jumps can fool it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from scheduler.clock import LATEST, SOONEST, Clock, Job

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class House:
    """The outside of a clock, on paper: two clocks to turn by hand, and a list of what happened."""

    def __init__(self, due: datetime | None = None) -> None:
        self.wall, self.steady = NOON, 1000.0
        self.due = due
        self.dispatched: list[datetime] = []
        self.logged: list[tuple[str, Mapping[str, str | float]]] = []
        self.ran: list[str] = []
        self.fails = False
        self.happened = asyncio.Event()

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not seen():
                self.happened.clear()
                await self.happened.wait()

    def log(self, code: str, facts: Mapping[str, str | float]) -> None:
        self.logged.append((code, facts))
        self.happened.set()

    def passes(self, time: timedelta) -> None:
        self.wall += time
        self.steady += time.total_seconds()

    async def next_due(self) -> datetime | None:
        return self.due

    async def dispatch(self, now: datetime) -> None:
        if self.fails:
            raise RuntimeError("a family's words must not be logged")
        self.dispatched.append(now)
        self.happened.set()

    async def sweep(self, now: datetime) -> None:
        if self.fails:
            raise ValueError("nor here")
        self.ran.append("sweep")
        self.happened.set()

    def clock(self, **more: Any) -> Clock:
        return Clock(
            self.next_due,
            self.dispatch,
            more.pop("jobs", ()),
            "Europe/Vienna",
            lambda: self.wall,
            lambda: self.steady,
            self.log,
            **more,
        )


@pytest.mark.parametrize(
    ("due", "wait"),
    [
        (None, LATEST),
        (NOON + timedelta(hours=3), LATEST),
        (NOON + 20 * SECOND, 20 * SECOND),
        (NOON + timedelta(milliseconds=10), SOONEST),
        (NOON - timedelta(hours=1), SOONEST),
    ],
)
async def test_the_wait_is_until_the_next_note_between_a_second_and_a_minute(
    due: datetime | None, wait: timedelta
) -> None:
    house = House(due)
    assert await house.clock().tick() == wait
    assert house.dispatched == [NOON]


@pytest.mark.parametrize("jump", [timedelta(hours=2), -timedelta(hours=2), 61 * SECOND, -61 * SECOND])
async def test_a_jump_of_the_wall_clock_leaves_out_one_tick_and_is_logged(jump: timedelta) -> None:
    house = House()
    clock = house.clock()
    await clock.tick()
    house.passes(10 * SECOND)
    house.wall += jump
    assert await clock.tick() == SOONEST
    assert len(house.dispatched) == 1
    assert house.logged == [("clock.jumped", {"seconds": jump.total_seconds()})]
    assert clock.last_jump == (house.wall, jump)
    house.passes(SECOND)
    await clock.tick()
    assert house.dispatched == [NOON, house.wall]


@pytest.mark.parametrize("jump", [timedelta(0), 60 * SECOND, -60 * SECOND])
async def test_a_small_correction_is_no_jump(jump: timedelta) -> None:
    house = House()
    clock = house.clock()
    await clock.tick()
    house.passes(40 * SECOND)
    house.wall += jump
    await clock.tick()
    assert len(house.dispatched) == 2
    assert house.logged == []


async def test_an_hour_that_really_passed_is_no_jump() -> None:
    house = House()
    clock = house.clock()
    await clock.tick()
    house.passes(timedelta(hours=1))
    await clock.tick()
    assert len(house.dispatched) == 2


async def test_a_failing_dispatch_is_told_by_its_kind_only_and_tried_again() -> None:
    house = House()
    clock = house.clock()
    house.fails = True
    assert await clock.tick() == LATEST
    assert house.logged == [("clock.dispatch_failed", {"error": "RuntimeError"})]
    house.fails = False
    await clock.tick()
    assert len(house.dispatched) == 1


async def test_a_failing_job_is_told_and_the_next_one_runs() -> None:
    house = House()
    job = Job("sweep", house.sweep)
    clock = house.clock(jobs=[job])
    house.fails = True
    await clock.run(job)
    assert house.logged == [("clock.job_failed", {"job": "sweep", "error": "ValueError"})]
    house.fails = False
    await clock.run(job)
    assert house.ran == ["sweep"]


async def test_no_job_runs_on_a_clock_that_has_just_jumped() -> None:
    house = House()
    job = Job("sweep", house.sweep)
    clock = house.clock(jobs=[job])
    await clock.tick()
    house.wall += timedelta(days=400)  # the sweeper would have thrown everything away
    await clock.run(job)
    assert house.ran == []
    assert await clock.tick() == SOONEST  # and the dispatcher leaves out its tick too
    assert len(house.dispatched) == 1
    await clock.run(job)
    assert house.ran == ["sweep"]


@asynccontextmanager
async def ticking(clock: Clock) -> AsyncIterator[None]:
    clock.start()
    try:
        yield
    finally:
        await clock.stop()


QUICK = {"soonest": timedelta(milliseconds=10), "latest": timedelta(milliseconds=40)}


async def test_it_ticks_by_itself_until_it_is_stopped() -> None:
    house = House()
    async with ticking(house.clock(**QUICK)):
        await house.until(lambda: len(house.dispatched) >= 4)
    seen = len(house.dispatched)
    await asyncio.sleep(0.1)
    assert len(house.dispatched) == seen


async def test_it_goes_on_after_a_dispatch_that_failed() -> None:
    house = House()
    house.fails = True
    async with ticking(house.clock(**QUICK)):
        await house.until(lambda: len(house.logged) >= 2)
        house.fails = False
        await house.until(lambda: len(house.dispatched) >= 2)


async def test_stopping_waits_for_what_has_begun() -> None:
    house = House()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(now: datetime) -> None:
        begun.set()
        await go_on.wait()
        house.dispatched.append(now)

    house.dispatch = slow  # type: ignore[method-assign]
    clock = house.clock(**QUICK)
    clock.start()
    async with asyncio.timeout(5):
        await begun.wait()
        stopping = asyncio.create_task(clock.stop())
        await asyncio.sleep(0.02)
        assert not stopping.done()
        go_on.set()
        await stopping
    assert len(house.dispatched) == 1
    await clock.stop()  # twice does no harm


async def test_a_job_runs_at_its_time_of_the_helplines_day() -> None:
    house = House()
    with time_machine.travel(datetime(2026, 11, 20, 22, 59, 59, 800_000, tzinfo=UTC)):  # 23:59:59.8 in Vienna
        clock = house.clock(jobs=[Job("sweep", house.sweep, {"hour": 0, "minute": 0})], **QUICK)
        async with ticking(clock):
            await house.until(lambda: bool(house.ran))
    assert house.ran == ["sweep"]


async def test_a_wall_clock_set_back_an_hour_does_not_put_the_dispatcher_to_sleep() -> None:
    house = House()
    with time_machine.travel(NOON) as wall:
        clock = house.clock(**QUICK)
        async with ticking(clock):
            await house.until(lambda: len(house.dispatched) >= 2)
            wall.shift(-3600)
            seen = len(house.dispatched)
            await house.until(lambda: len(house.dispatched) >= seen + 3)
