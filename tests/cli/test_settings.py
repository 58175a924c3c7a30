"""Where settings come from: the command line, then the environment, then `.env`; a secret may be a file."""

import os
from pathlib import Path

import pytest

from bot.settings import Trouble, alone, read

TOKEN = "1000:not-a-token-of-anybody"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BESIDE_")]:
        monkeypatch.delenv(name)


def test_the_env_file_is_read_the_environment_wins_and_the_command_line_wins_over_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("BESIDE_PORT=1111\nBESIDE_HOST=0.0.0.0\nOTHERS=1\n", encoding="utf-8")
    assert (read(demo=True).port, read(demo=True).host) == (1111, "0.0.0.0")
    monkeypatch.setenv("BESIDE_PORT", "2222")
    assert read(demo=True).port == 2222
    assert read(demo=True, port=3333).port == 3333


def test_an_empty_setting_is_no_setting() -> None:
    Path(".env").write_text("BESIDE_PORT=\nBESIDE_TELEGRAM_TOKEN=\n", encoding="utf-8")
    found = read(demo=True)
    assert (found.port, found.telegram_token) == (8080, None)


@pytest.mark.parametrize("name", ["TELEGRAM_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "DATABASE_URL"])
def test_a_secret_may_stand_in_a_file_named_in_the_environment_or_the_env_file(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "postgresql://127.0.0.1/x" if name == "DATABASE_URL" else TOKEN
    Path("secret").write_text(secret + "\n", encoding="utf-8")
    Path(".env").write_text(f"BESIDE_{name}_FILE=secret\n", encoding="utf-8")
    by_file = getattr(read(demo=True), name.lower())
    Path(".env").unlink()
    monkeypatch.setenv(f"BESIDE_{name}_FILE", "secret")
    for found in (by_file, getattr(read(demo=True), name.lower())):
        assert (found if isinstance(found, str) else found.get_secret_value()) == secret


def test_a_secret_never_shows_in_the_settings_or_in_what_is_wrong_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BESIDE_TELEGRAM_TOKEN", TOKEN)
    assert "not-a-token" not in repr(read(demo=True)) + str(read(demo=True))
    monkeypatch.setenv("BESIDE_TELEGRAM_TOKEN", "not-a-token")
    monkeypatch.setenv("BESIDE_PORT", "secret-port")
    with pytest.raises(Trouble) as trouble:
        read(demo=True)
    assert "not-a-token" not in str(trouble.value)
    assert "secret-port" not in str(trouble.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "many", "BESIDE_PORT is not right"),
        ("PORT", "70000", "BESIDE_PORT is not right"),
        ("DATABASE_URL", "mysql://somewhere/x", "BESIDE_DATABASE_URL must begin with"),
        ("OPERATOR", ".", "BESIDE_OPERATOR names"),
        ("TELEGRAM_TOKEN", "hello", "BESIDE_TELEGRAM_TOKEN does not look like"),
        ("TELEGRAM_WEBHOOK_URL", "https://example.org/x", "BESIDE_TELEGRAM_WEBHOOK_SECRET must be set"),
        ("KEYS_DIR", "data/keys", "BESIDE_KEYS_DIR must not be inside"),
        ("TELEGRAM_TOKEN_FILE", "nowhere", "The file named in BESIDE_TELEGRAM_TOKEN_FILE"),
    ],
)
def test_every_wrong_setting_is_one_sentence_by_its_name(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BESIDE_{name}", value)
    with pytest.raises(Trouble) as trouble:
        read(demo=True)
    assert [each for each in trouble.value.reasons if each.startswith(reason)]


def test_a_misspelt_name_in_the_env_file_is_not_passed_over() -> None:
    Path(".env").write_text("BESIDE_OPERATR=operator.toml\n", encoding="utf-8")
    with pytest.raises(Trouble, match=r"BESIDE_OPERATR in \.env is not a setting of Beside"):
        read(demo=True)


def test_the_example_env_file_names_only_settings_there_are(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parent.parent.parent / ".env.example"
    text = example.read_text(encoding="utf-8").replace("# BESIDE_", "BESIDE_")
    (tmp_path / ".env").write_text(text.replace("operator.toml", ""), encoding="utf-8")
    assert read(demo=True, database_url="sqlite:///x.db").port == 8080


def test_the_keys_lie_beside_the_data_even_when_the_data_is_right_here(tmp_path: Path) -> None:
    assert read(demo=True, data_dir=Path()).keys == tmp_path.with_name(tmp_path.name + "-keys")
    assert alone(Path("demo")).keys == tmp_path / "demo-keys"
