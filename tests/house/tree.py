"""What belongs to the house: what git carries or would carry; in a copy without git, all that was not made there."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent.parent
ROOMS = ("bot", "dialogs", "locales", "handoff", "scheduler", "storage", "web")
OF_OTHERS = ("web/pages/vendor/",)
MADE = {
    ".venv",
    ".dev",
    ".git",
    "__pycache__",
    "node_modules",
    "data",
    "data-keys",
    "demo",
    "demo-keys",
    "results",
}
MADE |= {".hypothesis", ".mypy_cache", ".ruff_cache", ".import_linter_cache", "uv.lock", ".env"}


def _walk(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.name in MADE and (folder == HOUSE or path.name in {"__pycache__", "results"}):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path.relative_to(HOUSE).as_posix()


@cache
def files() -> tuple[str, ...]:
    """Paths inside the house, as somebody else would get them."""
    if (HOUSE / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
    else:
        listed = list(_walk(HOUSE))
    return tuple(sorted(name for name in set(listed) if name and (HOUSE / name).is_file()))


def own(*suffixes: str, under: tuple[str, ...] = ()) -> Iterator[str]:
    """Our own files of these kinds; `under`: only in these rooms."""
    for name in files():
        here = not under or name.partition("/")[0] in under
        if here and name.endswith(suffixes) and not name.startswith(OF_OTHERS) and "__pycache__" not in name:
            yield name


def text(name: str) -> str:
    return (HOUSE / name).read_text(encoding="utf-8")
