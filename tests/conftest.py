"""Fixtures everybody uses: real databases, keys, and a house wired as in life."""

import pytest

from tests.databases import *  # noqa: F403


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write the transcripts anew; review the difference"
    )
