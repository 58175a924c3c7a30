from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.home import Home, home


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Home]:
    async with home(tmp_path) as one:
        yield one
