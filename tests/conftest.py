"""Fixtures everybody uses: real databases, keys, and a house wired as in life."""

from tests.databases import *  # noqa: F403
