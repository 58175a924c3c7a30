"""A process that has everything imported and forks a fresh house on demand, so that a hundred deaths fit in a minute.

Reads lines on standard input: `start` forks a house and prints its pid, `wait PID` reaps it, end of input ends all.
`--careless` starts the control: a house that acknowledges before it writes.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

from bot import accept
from bot.channels import telegram as _telegram  # noqa: F401  imported here once instead of in every house
from bot.editions import make, open_edition
from bot.house import build
from bot.logs import set_up
from bot.post import Pace
from bot.settings import Settings, read
from handoff import operator as operators
from tests.crash.careless import poll as careless_poll


async def live(settings: Settings) -> None:
    async with build(settings) as house:
        house.post.paces["telegram"] = Pace(0.0, 0.0)  # the messenger's own pace is not what is tried here
        serving = asyncio.create_task(house.serve())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
        try:
            await serving
        except asyncio.CancelledError:
            return


def main() -> None:
    settings = read(demo=True)
    offered = operators.read(operators.EXAMPLE, (), datetime.now(UTC).date()).languages
    open_edition(make(datetime.now(UTC), offered, "demo", ""))  # read once here; every house inherits it
    if "--careless" in sys.argv:
        accept.poll = careless_poll  # type: ignore[assignment]
    children: set[int] = set()
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "start":
            child = os.fork()
            if child == 0:
                sys.stdin.close()
                set_up()
                asyncio.run(live(settings))
                os._exit(0)
            children.add(child)
            print(child, flush=True)
        elif word == "wait":
            os.waitpid(int(number), 0)
            children.discard(int(number))
            print("gone", flush=True)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
