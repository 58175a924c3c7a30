"""Operators for the tests: the example with one thing changed."""

from dataclasses import replace
from datetime import date
from typing import Any

from handoff.operator import EXAMPLE, OnCall, Operator, read

TODAY = date(2026, 11, 20)
ON_CALL = OnCall(available=True, hours="24/7", minutes=20)


def operator(**changes: Any) -> Operator:
    return replace(read(EXAMPLE, (), TODAY), **changes)
