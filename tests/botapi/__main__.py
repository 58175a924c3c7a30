"""Runs the server by hand or for another process: `python -m tests.botapi --port 8081`.

The first line on standard output is JSON: url, token, chat page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys

from .api import BotApi
from .flood import FloodPolicy


async def run(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    flood = FloodPolicy.documented() if options.flood else FloodPolicy.off()
    async with BotApi.serve(
        port=options.port,
        flood=flood,
        random=random.Random(options.seed),
        any_webhook_url=True,
        check_requests=not options.fast,
        token=options.token,
    ) as api:
        first = {"url": api.url, "token": api.token, "page": f"{api.url}/person/page"}
        sys.stdout.write(json.dumps(first) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.botapi", description="A local Telegram Bot API server.")
    parser.add_argument("--port", type=int, default=8081, help="0 picks a free one")
    parser.add_argument("--token", help="token of the first bot; made up when left out")
    parser.add_argument("--seed", type=int, default=20260101, help="for ids and made-up tokens")
    parser.add_argument("--flood", action="store_true", help="keep to the documented sending limits")
    parser.add_argument("--fast", action="store_true", help="do not compare requests with aiogram's models")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
