"""What must be there before the house can stand: operator, keys, data, an edition. Each is fit, or says why not."""

from datetime import date, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot import editions
from bot.editions import NotFit, Shelf, open_edition
from bot.settings import Settings, Trouble
from handoff import operator as operators
from handoff.operator import Operator, OperatorTrouble
from locales import languages
from storage import editions as stored
from storage import keeping
from storage.keys import KeyRing, KeyTrouble
from storage.vault import Vault
from storage.work import Database, Newer, migrate, open_database


def read_operator(settings: Settings, today: date) -> Operator:
    """Raises Trouble."""
    path = settings.operator or operators.EXAMPLE
    try:
        return operators.read(path, lock_screen_words(), today)
    except OperatorTrouble as trouble:
        raise Trouble([f"{path.name}: {problem}" for problem in trouble.problems]) from None


def open_vault(settings: Settings) -> Vault:
    """The keys; made on the very first start, and never again once there is data. Raises Trouble."""
    folder = settings.keys
    try:
        if not folder.exists() or not any(folder.iterdir()):
            if any(settings.data_dir.glob("*.db")):
                raise Trouble(
                    [
                        "The data is there but its keys are not. Put the key directory back; without it nothing can be read."
                    ]
                )
            KeyRing.create(folder)
        return Vault.at(folder)
    except KeyTrouble as trouble:
        raise Trouble([str(trouble)]) from None
    except OSError as error:
        raise Trouble(
            [f"The key directory cannot be made or read ({type(error).__name__}). Check BESIDE_KEYS_DIR."]
        ) from None


async def open_data(settings: Settings) -> Database:
    """The database, brought up to this version. Raises Trouble."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        await migrate(settings.database)
        return await open_database(settings.database)
    except Newer as error:
        raise Trouble([str(error)]) from None
    except (SQLAlchemyError, OSError) as error:
        raise Trouble(
            [
                f"The database cannot be opened ({type(error).__name__}). Check BESIDE_DATABASE_URL and its rights."
            ]
        ) from None


async def belong_together(db: Database, vault: Vault) -> None:
    """These keys and this database, and no others: else every family would be a stranger. Raises Trouble."""
    try:
        await keeping.same_house(db, vault)
    except KeyTrouble as trouble:
        raise Trouble([str(trouble)]) from None
    except (SQLAlchemyError, OSError) as error:
        raise Trouble([_not_writable(error)]) from None


def _not_writable(error: Exception) -> str:
    return (
        f"The database cannot be written ({type(error).__name__})."
        " Look whether its disk is full or read-only, and who owns the files."
    )


async def publish(settings: Settings, operator: Operator, db: Database, now: datetime) -> Shelf:
    """Make the edition of the files as they are, unless it is the active one already. Raises Trouble."""
    purpose = "demo" if settings.demo else "live"
    async with db.reading() as conn:
        active = await stored.active(conn)
    shelf = Shelf()
    if active and active.content.get("made_from") == editions.fingerprint(operator.languages, purpose):
        shelf.newest = open_edition(active)
    else:
        try:
            edition = editions.make(now, operator.languages, purpose, operator.reviewed_by)
        except NotFit as error:
            raise Trouble(error.reasons) from None
        shelf.newest = open_edition(edition)
        async with db.work() as w:
            await stored.publish(w, edition)
    shelf.put(shelf.newest)
    return shelf


def lock_screen_words() -> frozenset[str]:
    """Words of every language that may not stand in the service's public name (practice 4.4)."""
    lists = Path(languages.__file__).parent.glob("*/lockscreen.txt")
    rows = (
        row.partition("#")[0].strip().strip("*")
        for path in lists
        for row in path.read_text("utf-8").splitlines()
    )
    return frozenset(row for row in rows if row)
