"""./dev test: the whole suite, and one line about what this machine lacks for it."""

import os
import shutil
import sys
from pathlib import Path

import pytest

NEEDS = (
    ("chromium", lambda: shutil.which("chromium"), "the browser tests"),
    ("postgresql", lambda: sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")), "PostgreSQL"),
    ("gettext", lambda: shutil.which("msgfmt"), "the second opinion on the words files"),
)


def main(given: list[str]) -> int:
    lacking = [(package, what) for package, there, what in NEEDS if not there()]
    if lacking and os.environ.get("BESIDE_REQUIRE_ALL") == "1":
        print("Nothing may be left out here, but these are missing: " + ", ".join(p for p, _ in lacking))
        return 1
    full = "--full" in given
    given = [word for word in given if word != "--full"]
    chosen = given if full else ["-m", "not full", *given]
    ended = int(pytest.main(["-q", *chosen]))
    if lacking:
        left_out, packages = ", ".join(w for _, w in lacking), " ".join(p for p, _ in lacking)
        print(f"Left out for want of a Debian package: {left_out}. To bring it: apt-get install {packages}")
    return ended


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
