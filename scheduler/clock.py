"""The clock: it only says when. What is due stands in the rows, never in APScheduler (security F4).

Rule 1: the dispatcher is woken at the next due row, at most once a second, at least once a minute.
Rule 2: when the wall clock jumps against the steady one by more than a minute, one tick is left out, the
        jump is logged, and the next tick goes on (security R14). A machine that slept is treated the same.
Rule 3: a job that fails is logged by its code and the kind of error, never its text, and the clock goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

JUMP = timedelta(seconds=60)
SOONEST, LATEST = timedelta(seconds=1), timedelta(seconds=60)

Log = Callable[[str, Mapping[str, str | float]], None]  # event code, plain facts


@dataclass(frozen=True, slots=True)
class Job:
    """Something done at fixed times of the helpline's day; `cron` holds APScheduler's cron fields."""

    name: str
    call: Callable[[datetime], Awaitable[None]]
    cron: Mapping[str, str | int] = field(default_factory=lambda: {"minute": 0})


class Clock:
    """Wakes the dispatcher and the jobs of one process.

    next_due: when the next row is due, None when nothing waits. dispatch: handles all that is due then.
    zone: the helpline's, for the jobs. now, monotonic (seconds): the wall clock and the steady clock.
    soonest, latest: the bounds of one wait.
    """

    def __init__(
        self,
        next_due: Callable[[], Awaitable[datetime | None]],
        dispatch: Callable[[datetime], Awaitable[None]],
        jobs: Sequence[Job],
        zone: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        log: Log,
        soonest: timedelta = SOONEST,
        latest: timedelta = LATEST,
    ) -> None:
        self._next_due = next_due
        self._dispatch = dispatch
        self._now = now
        self._monotonic = monotonic
        self._log = log
        self._soonest, self._latest = soonest, latest
        self._seen: tuple[datetime, float] | None = None
        self._leave_out = False
        self.last_jump: tuple[datetime, timedelta] | None = None  # when it was seen, and how far
        self._running: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        # APScheduler's own defaults lose what is a second late (measured).
        every = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone=ZoneInfo(zone), job_defaults=every)
        for job in jobs:
            trigger = CronTrigger(timezone=ZoneInfo(zone), **job.cron)
            self._scheduler.add_job(self._job, trigger, (job,), id=f"job.{job.name}")

    def start(self) -> None:
        """Begin to tick; needs a running event loop."""
        self._look()
        self._scheduler.start()
        self._wake_in(self._soonest)

    async def stop(self) -> None:
        """Stop ticking and let what has begun come to its end."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        self._alarm_off()
        while self._running:
            await asyncio.wait(set(self._running))
        self._scheduler.shutdown(wait=False)

    async def tick(self) -> timedelta:
        """One turn of the dispatcher; returns how long to wait for the next."""
        self._look()
        if self._leave_out:
            self._leave_out = False
            return self._soonest
        try:
            await self._dispatch(self._now())
            due = await self._next_due()
        except Exception as error:  # told, and tried again: a clock that dies loses every promise it holds
            self._log("clock.dispatch_failed", {"error": type(error).__name__})
            return self._latest
        if due is None:
            return self._latest
        return min(max(due - self._now(), self._soonest), self._latest)

    async def run(self, job: Job) -> None:
        """Do a job, unless the clocks have just parted: then it waits for its next time."""
        if self._look():
            return
        try:
            await job.call(self._now())
        except Exception as error:  # as above
            self._log("clock.job_failed", {"job": job.name, "error": type(error).__name__})

    def _look(self) -> bool:
        """Compare the two clocks; True when they have parted since the last look."""
        wall, steady = self._now(), self._monotonic()
        before, self._seen = self._seen, (wall, steady)
        if before is None:
            return False
        parted = (wall - before[0]) - timedelta(seconds=steady - before[1])
        if abs(parted) <= JUMP:
            return False
        self._leave_out = True
        self.last_jump = (wall, parted)
        self._log("clock.jumped", {"seconds": round(parted.total_seconds())})
        return True

    async def _tick(self) -> None:
        self._alarm_off()
        with self._begun():
            wait = await self.tick()
        if self._scheduler.state == STATE_RUNNING:
            self._wake_in(wait)

    async def _job(self, job: Job) -> None:
        with self._begun():
            await self.run(job)

    @contextmanager
    def _begun(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            yield
        finally:
            self._running.discard(task)

    def _wake_in(self, wait: timedelta) -> None:
        """Tick after this wait by the wall clock, and after `latest` at the most by the steady one.

        Without the second a wall clock that was set back an hour would make us sleep for that hour.
        """
        self._alarm_off()
        self._scheduler.add_job(
            self._tick, DateTrigger(datetime.now(UTC) + wait), id="tick", replace_existing=True
        )
        again = (wait + self._latest).total_seconds()
        self._alarm = asyncio.get_running_loop().call_later(again, self._wake_in, timedelta(0))

    def _alarm_off(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
