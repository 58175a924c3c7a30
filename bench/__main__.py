"""`./dev bench [--quick | --full] [--profile]`: what a turn costs on this machine, beside a bare aiogram bot."""

import argparse
import asyncio
import contextlib
import cProfile
import io
import json
import os
import pstats
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.ours import Ours, ours
from bench.peer import Peer
from bench.table import PEER, Row, table
from bench.walk import Walk, walk
from bench.watch import Take, fsync_micros, keeps, server_seconds, versions
from bot.logs import set_up
from tests.databases import Cluster, programs

RESULTS = Path(__file__).parent / "results"
AT_ONCE = 64


@dataclass(frozen=True)
class Size:
    rounds: int
    families: int  # in batches of 64
    lone: int  # families one by one


QUICK, FULL = Size(3, 64, 6), Size(7, 192, 40)


class Bench:
    """The candidates, taking turns."""

    def __init__(self, size: Size, walked: Walk, peer: Peer, houses: dict[str, Ours]) -> None:
        self.size, self.walked, self.peer, self.houses = size, walked, peer, houses
        self.rows: dict[str, Row] = {}
        self._next = 1_000_000

    async def round(self) -> None:
        for at_once, families in ((AT_ONCE, self.size.families), (1, self.size.lone)):
            await self._one(self.peer, PEER, at_once, families, "nothing kept")
            for name, house in self.houses.items():
                await self._one(house, name, at_once, families, "")

    async def _one(self, who: Peer | Ours, name: str, at_once: int, families: int, kept: str) -> None:
        first, self._next = self._next, self._next + families
        take: Take = await who.take(first, families, at_once)
        row = self.rows.setdefault(f"{name} {at_once}", Row(name, at_once, kept))
        row.takes.append(take)


async def measure(size: Size, home: Path, profile: bool) -> None:
    walked = walk()
    async with contextlib.AsyncExitStack() as things:
        houses = {"Beside, SQLite": await things.enter_async_context(ours(home, walked))}
        postgres = programs()
        if postgres is not None:
            cluster = Cluster.start(postgres, durable=True)
            things.callback(cluster.stop)
            url = cluster.create("bench")
            house = ours(home / "pg", walked, url, lambda: server_seconds(cluster.folder))
            houses["Beside, PostgreSQL"] = await things.enter_async_context(house)
        peer = Peer(walked)
        things.push_async_callback(peer.close)
        if profile:
            await _profile(houses, size)
            return
        load = os.getloadavg()[0]
        bench = Bench(Size(1, 4, 2), walked, peer, houses)
        await bench.round()  # warm: what is read, compiled or cached once is not part of any number
        bench.size, bench.rows = size, {}
        syncs = []
        for _ in range(size.rounds):
            syncs.append(fsync_micros(home))
            await bench.round()
        durable = {name: await house.durability() for name, house in houses.items()}
        on_disk = keeps(home)
        for row in bench.rows.values():
            row.kept = row.kept or ("durable" if on_disk and _full(durable[row.name]) else "NOT durable")
        facts = {
            "versions": versions(),
            "durability": durable,
            "fsync_micros": [round(one) for one in syncs],
            "on_a_disk": on_disk,
            "processors": os.cpu_count(),
            "load_before": round(load, 1),
            "walk": {"updates": len(walked.steps), "answers": walked.answers},
            "postgres": "measured" if postgres else "not installed here: apt-get install postgresql",
            **asdict(size),
        }
        print(table(list(bench.rows.values()), facts))
        _write(list(bench.rows.values()), facts)


def _full(said: dict[str, str]) -> bool:
    """Whether a commit waits for the disk."""
    if "journal_mode" in said:
        return said["synchronous"] == "2"
    return said["fsync"] == "on" and said["synchronous_commit"] == "on"


async def _profile(houses: dict[str, Ours], size: Size) -> None:
    for n, (name, house) in enumerate(houses.items()):
        await house.take(9_000_000 + n * 100_000, 4, 4)
        profile = cProfile.Profile()
        profile.enable()
        take = await house.take(9_010_000 + n * 100_000, size.families, AT_ONCE)
        profile.disable()
        for order in ("tottime", "cumtime"):
            out = io.StringIO()
            pstats.Stats(profile, stream=out).strip_dirs().sort_stats(order).print_stats(45)
            print(f"{name}, {take.updates} updates, {take.answers} answers, by {order}\n{out.getvalue()}")


def _write(rows: list[Row], facts: dict[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    told = {"at": stamp, **facts, "rows": [asdict(row) for row in rows]}
    (RESULTS / f"{stamp}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"Written to bench/results/{stamp}.json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute; this is what happens anyway")
    parser.add_argument("--full", action="store_true", help="more families, more rounds: some minutes")
    parser.add_argument("--profile", action="store_true", help="where the time goes, by cProfile; no table")
    given = parser.parse_args()
    set_up()
    with tempfile.TemporaryDirectory(prefix="beside-bench-") as folder:
        asyncio.run(measure(FULL if given.full else QUICK, Path(folder), given.profile))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
