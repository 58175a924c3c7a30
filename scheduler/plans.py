"""The plans a sheet may name, and the days on which their notes fall (practice 4.2).

A level without days gets no notes from the machine: after T0 a counsellor decides.
"""

from collections.abc import Mapping

# plan -> level -> days after the start; the level "" is for every level.
PLANS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "check-in": {"T0": (), "T1": (3, 7, 14, 30), "T2": (7, 14, 30, 60), "T3": (10, 30)},
    "after-emergency": {"": (1, 3)},
}


def days(plan: str, level: str) -> tuple[int, ...]:
    """The days of a plan at a level. Raises KeyError for a plan or a level that does not exist."""
    by_level = PLANS[plan]
    return by_level[""] if "" in by_level else by_level[level]
