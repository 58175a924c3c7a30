"""`beside run`: it serves real families only when everything it would promise them is true."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.conftest import HOUSE, Beside, Running

EXAMPLE = HOUSE / "handoff" / "data" / "example-operator.toml"
TODAY = datetime.now(UTC).date().isoformat()


def operator(folder: Path, **lines: str) -> None:
    """An operator file like the example's, with these lines instead."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, value in lines.items():
        text, changed = re.subn(rf"(?m)^(# )?{name} = .*$", f"{name} = {value}", text)
        assert changed == 1, name
    (folder / "operator.toml").write_text(text, encoding="utf-8")


def real(folder: Path) -> None:
    read_by = {"reviewed_by": '"A. Person"', "reviewed_on": TODAY, "until": TODAY}
    operator(folder, example="false", languages='["en"]', **read_by)
    path = folder / "operator.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[statements.de]")], encoding="utf-8")


def test_run_without_an_operator_is_refused(beside: Beside) -> None:
    ended = beside("run")
    assert ended.code == 1
    assert "BESIDE_OPERATOR must name the operator file" in ended.err
    assert list(beside.folder.iterdir()) == []


def test_run_with_the_example_operator_is_refused_with_every_reason(beside: Beside) -> None:
    operator(beside.folder, until="2024-01-01")
    ended = beside("run", BESIDE_OPERATOR="operator.toml", BESIDE_PORT="0")
    assert ended.code == 1
    for reason in ("example: must be false", "reviewed_by, reviewed_on:", "authorities.until:"):
        assert reason in ended.err
    assert "Traceback" not in ended.err


def test_run_is_refused_while_nobody_has_read_the_safety_texts(beside: Beside) -> None:
    real(beside.folder)
    ended = beside("run", BESIDE_OPERATOR="operator.toml", BESIDE_PORT="0")
    assert ended.code == 1
    assert "English (en) is not fit" in ended.err
    assert "W16" in ended.err


def test_run_is_refused_when_the_data_is_there_and_its_keys_are_not(beside: Beside) -> None:
    real(beside.folder)
    assert beside("migrate").code == 0
    ended = beside("run", BESIDE_OPERATOR="operator.toml", BESIDE_PORT="0")
    assert ended.code == 1
    assert "The data is there but its keys are not" in ended.err


def test_a_demo_by_the_back_door_is_not_a_service(beside: Beside) -> None:
    ended = beside("run", BESIDE_DEMO="true", BESIDE_PORT="0")
    assert ended.code == 1
    assert "BESIDE_OPERATOR" in ended.err


def test_run_serves_when_operator_keys_and_words_are_fit(
    copied: Beside, starting: Callable[[Running], Running]
) -> None:
    real(copied.folder)
    assert copied("words", "approve", "en", "--by", "A. Person").code == 0
    running = starting(copied.start("run", BESIDE_OPERATOR="operator.toml", BESIDE_PORT="0"))
    started = running.line('"started"')
    assert copied("doctor", BESIDE_OPERATOR="operator.toml").out.startswith("All is well")
    port = re.search(r'"port": (\d+)', started)
    assert port
    assert copied("doctor", "--alive", BESIDE_PORT=port[1]).code == 0
    assert running.stop() == 0
    ended = copied("doctor", "--alive", BESIDE_PORT=port[1])
    assert (ended.code, ended.err) == (1, "The service does not answer.\n")


def test_run_and_doctor_name_every_wrong_setting_at_once(beside: Beside) -> None:
    wrong = {
        "BESIDE_DATABASE_URL": "mysql://somewhere/x",
        "BESIDE_OPERATOR": ".",
        "BESIDE_TELEGRAM_TOKEN": "hello",
    }
    for command in ("run", "doctor"):
        ended = beside(command, **wrong)
        assert ended.code == 1
        assert all(name in ended.err + ended.out for name in wrong)
        assert "Traceback" not in ended.err
    assert list(beside.folder.iterdir()) == []


def test_doctor_looks_and_changes_nothing(beside: Beside) -> None:
    shutil.copy(EXAMPLE, beside.folder / "operator.toml")
    ended = beside("doctor", BESIDE_OPERATOR="operator.toml")
    assert ended.code == 1
    assert "example: must be false" in ended.out
    assert "Keys and data are not there yet" in ended.out
    assert "English (en) is not fit for families" in ended.out
    assert [path.name for path in beside.folder.iterdir()] == ["operator.toml"]
