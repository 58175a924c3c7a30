"""The table: medians of the rounds, and how often as fast as the peer of the same round. A void row has no numbers."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.watch import Take

PEER = "bare aiogram"
HEAD = (
    "",
    "at once",
    "updates/s",
    "µs CPU",
    "x peer",
    "x CPU",
    "sent/s",
    "µs CPU",
    "x peer",
    "server µs",
    "",
)


@dataclass
class Row:
    """One candidate in all rounds."""

    name: str
    at_once: int
    kept: str  # what is left after the power went off
    takes: list[Take] = field(default_factory=list)

    @property
    def void(self) -> bool:
        return not self.takes or not all(take.equal for take in self.takes)


def ratios(ours: list[float], theirs: list[float]) -> str:
    """The median of the rounds' own ratios, and the least and the most of them."""
    each = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{statistics.median(each):.2f} [{each[0]:.2f}-{each[-1]:.2f}]"


def _cells(row: Row, peer: Row) -> list[str]:
    takes = row.takes
    median = statistics.median
    if row.void:
        told = ", ".join(f"{take.answers} of {take.wanted}" for take in takes)
        return [row.name, str(row.at_once), f"VOID: answers {told}", *[""] * 7, row.kept]
    servers = [take.micro(take.server) for take in takes if take.server is not None]
    against = [
        ratios([take.rate for take in takes], [take.rate for take in peer.takes]),
        ratios([p.micro(p.cpu) for p in peer.takes], [take.micro(take.cpu) for take in takes]),
        ratios([take.rate_sent for take in takes], [take.rate_sent for take in peer.takes]),
    ]
    if row.name == PEER or peer.void:
        against = ["1" if row.name == PEER else "void"] * 3
    return [
        row.name,
        str(row.at_once),
        f"{median(take.rate for take in takes):.0f}",
        f"{median(take.micro(take.cpu) for take in takes):.0f}",
        against[0],
        against[1],
        f"{median(take.rate_sent for take in takes):.0f}",
        f"{median(take.micro(take.cpu_sent) for take in takes):.0f}",
        against[2],
        f"{median(servers):.0f}" if servers else "",
        row.kept,
    ]


def table(rows: list[Row], facts: Mapping[str, Any]) -> str:
    """Everything measured, in lines a person can read."""
    peers = {row.at_once: row for row in rows if row.name == PEER}
    lines = [list(HEAD), *(_cells(row, peers[row.at_once]) for row in rows)]
    widths = [max(len(line[n]) for line in lines if not line[2].startswith("VOID")) for n in range(len(HEAD))]
    body = "\n".join(
        "  ".join(cell.ljust(widths[n]) for n, cell in enumerate(line)).rstrip() for line in lines
    )
    walk, size = facts["walk"], facts
    return "\n".join(
        [
            "",
            f"A family's first {walk['updates']} messages, {walk['answers']} answers; {size['families']} families in"
            f" batches, {size['lone']} one by one; medians of {size['rounds']} rounds in turn [least-most].",
            body,
            "",
            "updates/s: accepted, answered, answers written down (peer: handed to a session that swallows them).",
            "sent/s: also claimed, handed to the same kind of session, marked as sent. µs CPU: of this process.",
            "x peer, x CPU: how many times the peer of the same round; 2.00 is twice as many, or half the processor time.",
            f"PostgreSQL: {facts['postgres']}.",
            f"One write and fsync of 4 KiB here: {facts['fsync_micros']} µs by round. On a disk: {facts['on_a_disk']}.",
            f"Durability: {facts['durability']}.",
            f"Processors {facts['processors']}, load before {facts['load_before']}. Versions: {facts['versions']}.",
        ]
    )
