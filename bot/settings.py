"""Settings from the environment and `.env`: one frozen object, or a clear list of what is wrong.

Names start with BESIDE_. A secret may stand in a file instead: BESIDE_TELEGRAM_TOKEN_FILE=/run/secrets/token.
"""

import os
import re
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ENV_FILE = Path(".env")
TOKEN = re.compile(r"[0-9]+:\S+")
SECRET_LEAST = 32  # letters


class Trouble(Exception):
    """Beside cannot start; every reason is one sentence."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BESIDE_", frozen=True, extra="ignore")

    data_dir: Path = Path("data")
    keys_dir: Path | None = None  # default: beside the data directory, never inside it
    database_url: str = ""  # default: SQLite in the data directory
    operator: Path | None = None
    telegram_token: SecretStr | None = None
    telegram_api_url: str = ""
    telegram_webhook_url: str = ""  # https address Telegram can reach; empty = long polling
    telegram_webhook_secret: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    exit_url: str = "https://www.wikipedia.org/"  # where quick exit leads: a page anybody may have open
    https: bool = False  # families reach the web chat by https (a proxy stands in front)
    demo: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # `read` gathers environment, .env and files itself, to name what is wrong

    @property
    def keys(self) -> Path:
        return self.keys_dir or _keys_of(self.data_dir)

    @property
    def database(self) -> str:
        return self.database_url or SQLITE + str(self.data_dir / "beside.db")

    @property
    def database_file(self) -> Path | None:
        """The file of the embedded database; None when a server keeps it."""
        return Path(self.database.removeprefix(SQLITE)) if self.database.startswith(SQLITE) else None


SECRETS = ("TELEGRAM_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "DATABASE_URL")
SQLITE = "sqlite:///"
SERVERS = ("postgresql://", "postgres://")


def _keys_of(data: Path) -> Path:
    whole = data.resolve()  # "." has no name of its own
    return whole.with_name(whole.name + "-keys") if whole.name else whole / "keys"


def alone(data: Path | None = None, **given: Any) -> Settings:
    """The settings of a demo: its own data, keys and database in `data`, whatever the service beside it uses.

    Without `data`: the folder `demo` here, or in BESIDE_DATA_DIR where the environment names one (as in the image).
    Raises Trouble.
    """
    data = data or Path(os.environ.get("BESIDE_DATA_DIR", "")) / "demo"
    database = SQLITE + str(data / "beside.db")
    return read(data_dir=data, keys_dir=_keys_of(data), database_url=database, demo=True, **given)


def read(env_file: Path = ENV_FILE, **given: Any) -> Settings:
    """Read the settings; `given` (from the command line) wins, then the environment, then `.env`.

    Raises Trouble.
    """
    reasons: list[str] = []
    values: dict[str, str] = {}
    try:
        if env_file.is_dir():  # a container mounts a folder where the file is missing
            raise IsADirectoryError
        if env_file.exists():
            values.update({k: v for k, v in dotenv_values(env_file).items() if v is not None})
    except (OSError, UnicodeDecodeError):
        reasons.append(
            f"The settings file {env_file.name} cannot be read. Check its rights and that it is plain UTF-8 text."
        )
    reasons += [
        f"{name} in {env_file.name} is not a setting of Beside; see .env.example."
        for name in values
        if name.startswith("BESIDE_") and not _known(name)
    ]
    values.update(os.environ)
    for name in SECRETS:
        path = values.get(f"BESIDE_{name}_FILE")
        if path:
            try:
                values[f"BESIDE_{name}"] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                reasons.append(f"The file named in BESIDE_{name}_FILE cannot be read.")
    found = {k[7:].lower(): v for k, v in values.items() if k.startswith("BESIDE_") and v != ""}
    try:
        settings = Settings(**{**found, **{k: v for k, v in given.items() if v is not None}})
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            reasons.append(f"BESIDE_{name} is not right: {problem['msg'].lower()}.")
        raise Trouble(reasons) from None
    reasons += _judge(settings)
    if reasons:
        raise Trouble(reasons)
    return settings


def _known(name: str) -> bool:
    plain = name.removeprefix("BESIDE_")
    return plain.lower() in Settings.model_fields or plain.removesuffix("_FILE") in SECRETS


def _judge(settings: Settings) -> list[str]:
    reasons = []
    if settings.telegram_webhook_url:
        secret = settings.telegram_webhook_secret
        if secret is None or len(secret.get_secret_value()) < SECRET_LEAST:
            reasons.append(
                f"BESIDE_TELEGRAM_WEBHOOK_SECRET must be set, with at least {SECRET_LEAST} letters, when a webhook is used."
            )
        if settings.telegram_token is None:
            reasons.append("BESIDE_TELEGRAM_WEBHOOK_URL is set, but BESIDE_TELEGRAM_TOKEN is not.")
    if settings.telegram_token is not None and not TOKEN.fullmatch(
        settings.telegram_token.get_secret_value()
    ):
        reasons.append(
            "BESIDE_TELEGRAM_TOKEN does not look like a token of @BotFather: a number, a colon, letters."
        )
    if not settings.database.startswith((SQLITE, *SERVERS)):
        reasons.append("BESIDE_DATABASE_URL must begin with postgresql:// or sqlite:///.")
    for name, folder in (("DATA", settings.data_dir), ("KEYS", settings.keys)):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            reasons.append(
                f"BESIDE_{name}_DIR: nothing can be written in {there}; look at its owner and rights."
            )
    if settings.operator is not None and not settings.operator.is_file():
        reasons.append(f"BESIDE_OPERATOR names {settings.operator.name}, and there is no such file.")
    if settings.keys.resolve().is_relative_to(settings.data_dir.resolve()):
        reasons.append(
            "BESIDE_KEYS_DIR must not be inside BESIDE_DATA_DIR: a copy of the data would carry its keys."
        )
    if settings.operator is None and not settings.demo:
        reasons.append(
            "BESIDE_OPERATOR must name the operator file: who runs this line, what is passed on, when people are there."
            " Copy handoff/data/example-operator.toml and make every statement in it true."
        )
    return reasons
