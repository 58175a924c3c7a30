"""Values inside sentences that run the other way: phone numbers must not flip, lists must stay on their side.

Rule 1: a value in a right-to-left sentence, and a right-to-left value anywhere, stands between FSI and PDI.
Rule 2: isolation never crosses a line end, and no value can open or close more than it closed or opened.
"""

import re

FSI, PDI, RLM = "\u2068", "\u2069", "\u200f"

# Hebrew, Arabic, Syriac, Thaana, NKo, their presentation forms, Adlam and the other right-to-left planes.
_RTL = "\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_STEERS = "\u202a-\u202e\u2066-\u2069"
_STRONG = re.compile(f"[{_RTL}]")
_TURNS = re.compile(f"[{_RTL}{_STEERS}]")
_STEERING = re.compile(f"[{_STEERS}]")
_OPENS = "\u2066\u2067\u2068"

# Digits in groups, as phone numbers and codes are written: without isolation the groups change places after
# Arabic letters. A single group, a time (10:00) or a date with dots is safe as it is.
_GROUPS = re.compile(
    rf"(?<![\d:.,{_STEERS}+])(?:\+|00)?\(?\d+\)?(?:[ \u00a0\u202f/-]\(?\d+\)?)+(?![\d:]|[.,]\d|[{_STEERS}])"
)
_FEWEST_DIGITS = 5  # `10-15` is a range and reads in the direction of the sentence


def runs_right(text: str) -> bool:
    """Does a letter in this text run from right to left?"""
    return _STRONG.search(text) is not None


def _one_group(found: re.Match[str]) -> str:
    run = found[0]
    few = sum(letter.isdigit() for letter in run) < _FEWEST_DIGITS and not run.startswith("+")
    return run if few else f"{FSI}{run}{PDI}"


def hold_numbers(line: str) -> str:
    """Keep the groups of a phone number in their order inside a line with right-to-left letters."""
    return _GROUPS.sub(_one_group, line) if runs_right(line) else line


def balanced(line: str) -> str:
    """Drop overrides and stray ends, close what was left open, so that a value steers only itself."""
    if not _STEERING.search(line):
        return line
    kept, depth = [], 0
    for letter in line:
        if letter in _OPENS:
            depth += 1
        elif letter == PDI:
            if depth == 0:
                continue
            depth -= 1
        elif _STEERING.match(letter):
            continue
        kept.append(letter)
    return "".join(kept) + PDI * depth


def isolate(value: str, rtl: bool) -> str:
    """A value as it stands inside a sentence; `rtl` is the direction of the sentence."""
    if not rtl and (value.isascii() or not _TURNS.search(value)):
        return value
    if "\n" not in value:
        return f"{FSI}{hold_numbers(balanced(value))}{PDI}" if value else value
    lines = [f"{FSI}{hold_numbers(balanced(line))}{PDI}" if line else line for line in value.split("\n")]
    # A line that is nothing but an isolate has no direction of its own: a list would fall to the left side.
    return f"\n{RLM}".join(lines) if rtl else "\n".join(lines)


def lean_right(text: str) -> str:
    """A right-to-left text: its lines without a letter keep their side, its phone numbers their order."""
    lines = [hold_numbers(line) for line in text.split("\n")]
    return "\n".join(line if runs_right(line) or not line else RLM + line for line in lines)
