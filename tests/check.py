"""./dev check: style, types, floors, sheets, words - seconds, before every commit."""

import subprocess
import sys
import time

STEPS = (
    ("style", ["ruff", "check", "--quiet", "."]),
    ("layout", ["ruff", "format", "--quiet", "--check", "."]),
    ("types", ["mypy", "--no-error-summary"]),
    ("floors", ["importlinter.cli", "lint"]),
    ("sheets and words", ["bot", "check"]),
)


def main() -> int:
    bad = 0
    for name, (module, *rest) in STEPS:
        start = time.monotonic()
        command = [sys.executable, "-m", module, *rest]
        if module == "importlinter.cli":
            command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as go; go()"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        good = ran.returncode == 0
        print(f"{'ok ' if good else 'BAD'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
        if not good:
            bad += 1
            print((ran.stdout + ran.stderr).strip()[-6000:])
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
