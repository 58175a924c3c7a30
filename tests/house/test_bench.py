"""A measurement may be believed: both sides did the same work, and a row where they did not has no numbers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.ours import ours
from bench.peer import Peer
from bench.table import PEER, Row, table
from bench.walk import QUESTIONS, walk
from bench.watch import Take, fsync_micros
from tests.house.tree import HOUSE

FACTS = {
    "walk": {"updates": 11, "answers": 16},
    **dict.fromkeys(("families", "lone", "rounds", "postgres", "fsync_micros", "on_a_disk"), 1),
    **dict.fromkeys(("durability", "processors", "load_before", "versions"), 1),
}


async def test_the_house_and_the_bare_bot_tell_every_family_the_same_number_of_things(tmp_path: Path) -> None:
    walked = walk()
    assert len(walked.steps) == QUESTIONS + 1
    peer = Peer(walked)
    try:
        theirs = await peer.take(1, 3, 2)
    finally:
        await peer.close()
    async with ours(tmp_path, walked) as house:
        mine = await house.take(1, 3, 2)
        assert (await house.durability())["synchronous"] == "2"
    for take in (mine, theirs):
        assert (take.updates, take.answers, take.wanted) == (33, 3 * walked.answers, 3 * walked.answers)
        assert 0 < take.cpu <= take.cpu_sent
    assert mine.wall < mine.wall_sent


async def test_a_bot_that_leaves_an_answer_out_is_found_out(tmp_path: Path) -> None:
    walked = walk()
    async with ours(tmp_path, walked) as house:
        done = await house.take(1, 1, 1)
        house.house.post.channels = {}  # nothing can leave any more: written down, but never sent
        stuck = await house.take(2, 1, 1)
    assert done.equal
    assert not stuck.equal


def test_a_row_with_fewer_answers_is_void_and_shows_no_number() -> None:
    peer = Row(PEER, 1, "nothing kept", [Take(10, 1.0, 1.0, 1.0, 1.0, None, 5, 5)])
    good = Row("good", 1, "durable", [Take(10, 0.5, 0.25, 1.0, 1.0, None, 5, 5)])
    bad = Row("bad", 1, "durable", [Take(10, 0.5, 0.5, 1.0, 1.0, None, 4, 5)])
    lines = table([peer, good, bad], FACTS).splitlines()
    assert "2.00 [2.00-2.00]" in next(line for line in lines if line.startswith("good"))
    assert "4.00 [4.00-4.00]" in next(line for line in lines if line.startswith("good"))
    void = next(line for line in lines if line.startswith("bad"))
    assert "VOID: answers 4 of 5" in void
    assert "2.00" not in void


def test_the_disk_is_really_asked(tmp_path: Path) -> None:
    assert fsync_micros(tmp_path) > 0


@pytest.mark.full
@pytest.mark.postgres
def test_the_whole_bench_runs_and_writes_down_what_it_found() -> None:
    results = HOUSE / "bench" / "results"
    before = set(results.glob("*.json"))
    told = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    assert "VOID" not in told.stdout
    [written] = set(results.glob("*.json")) - before
    rows = json.loads(written.read_text(encoding="utf-8"))["rows"]
    assert {row["name"] for row in rows} >= {PEER, "Beside, SQLite"}
    assert all(take["answers"] == take["wanted"] for row in rows for take in row["takes"])
    written.unlink()
