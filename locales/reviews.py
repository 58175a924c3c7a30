"""Who approved which words: `locales/<lang>/reviews.csv`, one line for each `must be fresh` text.

Rule 1: a review holds for exactly these words. The digest covers source and translation, so a text that
        changed on either side is not approved any more, without anybody having to remember it.
Rule 2: a person approves, by name. Drafts and machines never appear in this file.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

FIELDS = ("id", "digest", "by", "on")
DIGEST = 16  # hex digits: 64 bits tell one version of a text from another


@dataclass(frozen=True, slots=True)
class Review:
    id: str  # message id, or `id|variant`
    digest: str
    by: str
    on: date


class BadReviews(ValueError):
    """A reviews file with a line nobody can read. Carries language and line."""


def digest(source: Sequence[str], texts: Sequence[str]) -> str:
    """What was approved: the English and the translation, form by form."""
    whole = json.dumps([list(source), list(texts)], ensure_ascii=False)
    return sha256(whole.encode()).hexdigest()[:DIGEST]


def path(lang: str, home: Path) -> Path:
    return home / lang / "reviews.csv"


def load(lang: str, home: Path) -> dict[str, Review]:
    """All reviews of one language. Raises BadReviews."""
    place = path(lang, home)
    if not place.exists():
        return {}
    reviews = {}
    with place.open(encoding="utf-8", newline="") as file:
        for row in (rows := csv.DictReader(file)):
            try:
                review = Review(row["id"], row["digest"], person(row["by"]), date.fromisoformat(row["on"]))
            except (KeyError, TypeError, ValueError) as error:
                raise BadReviews(f"{lang}/reviews.csv, line {rows.line_num}") from error
            reviews[review.id] = review
    return reviews


def person(by: str) -> str:
    """A name in one line. Raises ValueError when it is none."""
    name = " ".join(by.split())
    if not any(letter.isalpha() for letter in name):
        raise ValueError("a review needs the name of a person")
    return name


def holds(reviews: Mapping[str, Review], name: str, source: Sequence[str], texts: Sequence[str]) -> bool:
    """Did somebody approve exactly these words?"""
    review = reviews.get(name)
    return review is not None and review.digest == digest(source, texts)


def record(lang: str, new: Iterable[Review], home: Path, keep: Iterable[str]) -> None:
    """Write reviews down; of the older ones those whose text still exists (`keep`) stay."""
    names = set(keep)
    rows = {name: review for name, review in load(lang, home).items() if name in names}
    rows |= {review.id: review for review in new}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    for review in sorted(rows.values(), key=lambda r: r.id):
        writer.writerow((review.id, review.digest, review.by, review.on.isoformat()))
    place = path(lang, home)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(".csv.new")
    beside.write_text(text.getvalue(), encoding="utf-8")
    beside.replace(place)
