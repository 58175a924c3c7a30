"""Families are pointed only to services somebody has checked, and are told who runs them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import phonenumbers
import pytest

from handoff import directory
from handoff.directory import EXPIRES, KINDS, PASSES_ON, RUN_BY, Entry, entries, services

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """The Austrian service as it would stand after somebody has called and signed."""
    entry = next(each for each in entries() if each.id == "at-boja")
    checked = replace(
        entry,
        status="active",
        checked_by="A. Caller",
        checked_on=TODAY,
        expires_on=TODAY + timedelta(days=30),
    )
    monkeypatch.setattr(directory, "entries", lambda: (checked,))
    return checked


def test_nothing_unsigned_is_shown_to_real_families() -> None:
    for country in {entry.country for entry in entries()}:
        assert services(country, NOW, live=True) == ()


def test_the_demo_shows_examples_and_marks_every_one_as_unverified() -> None:
    shown = services("AT", NOW, live=False)
    assert [entry.name for entry in shown] == ["Beratungsstelle Extremismus (bOJA)"]
    assert all(entry.unverified for entry in shown)


def test_a_signed_service_is_shown_until_its_day(signed: Entry) -> None:
    (shown,) = services("AT", NOW, live=True)
    assert not shown.unverified
    assert services("AT", NOW + timedelta(days=30), live=True)
    assert services("AT", NOW + timedelta(days=31), live=True) == ()
    (old,) = services("AT", NOW + timedelta(days=31), live=False)
    assert old.unverified


def test_no_check_holds_longer_than_180_days(signed: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "entries", lambda: (replace(signed, expires_on=date(2040, 1, 1)),))
    assert services("AT", NOW + EXPIRES, live=True)
    assert services("AT", NOW + EXPIRES + timedelta(days=1), live=True) == ()


@pytest.mark.parametrize(
    "change", [{"checked_by": ""}, {"status": "verify"}, {"checked_on": None}, {"status": "closed"}]
)
def test_half_a_signature_is_none(
    signed: Entry, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    monkeypatch.setattr(directory, "entries", lambda: (replace(signed, **change),))  # type: ignore[arg-type]
    assert services("AT", NOW, live=True) == ()


@pytest.mark.parametrize("status", ["closed", "paused"])
def test_a_closed_service_is_not_shown_even_in_the_demo(
    signed: Entry, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(directory, "entries", lambda: (replace(signed, status=status),))
    assert services("AT", NOW, live=False) == ()


def test_hours_older_than_a_year_are_not_shown(signed: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    dated = replace(signed, hours="Mo-Fr 10:00-15:00", hours_on=TODAY - timedelta(days=365))
    monkeypatch.setattr(directory, "entries", lambda: (dated,))
    assert services("AT", NOW, live=True)[0].hours == "Mo-Fr 10:00-15:00"
    assert services("AT", NOW + timedelta(days=1), live=True)[0].hours == ""


def test_police_and_ministries_come_last_and_are_never_family_advice() -> None:
    for entry in entries():
        if entry.run_by in ("police", "ministry"):
            assert entry.kind == "police-reporting", entry.id
    assert [entry.id for entry in services("GB", NOW, live=False)] == ["gb-exit-family", "gb-act"]


def test_every_number_can_be_dialled_in_its_country() -> None:
    for entry in entries():
        if entry.phone:
            number = phonenumbers.parse(entry.phone, entry.country)
            assert phonenumbers.is_valid_number_for_region(number, entry.country), entry.id


def test_every_entry_can_be_reached_and_says_where_it_is_from() -> None:
    assert len({entry.id for entry in entries()}) == len(entries())
    for entry in entries():
        assert entry.phone or entry.web, entry.id
        assert entry.source, entry.id
        assert (entry.kind in KINDS, entry.run_by in RUN_BY, entry.passes_on in PASSES_ON) == (True,) * 3


def test_a_code_nobody_has_words_for_stops_the_house() -> None:
    row = {
        "id": "x",
        "kind": "family-advice",
        "run_by": "friends",
        "passes_on": "unknown",
        "scope": "all",
        "status": "verify",
    }
    with pytest.raises(ValueError, match="run_by 'friends' is none of"):
        directory._entry(row)
