"""A whole house for the pages: real database, real vault, and a small guide that answers from a list."""

import asyncio
import itertools
import json
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from gettext import NullTranslations
from pathlib import Path
from typing import cast

import httpx
import uvicorn
from sqlalchemy import QueuePool
from starlette.applications import Starlette

from storage import inbox, outbox
from storage.conversations import Conversation, load, save
from storage.outbox import Button, Draft, Parcel
from storage.vault import KeyRing, Vault
from storage.work import Database, migrate, open_database
from tests.web.arabic import ARABIC, GUIDE
from web.app import app
from web.house import Card, Language, WebHouse
from web.hub import Hub

OURS = {"sec-fetch-site": "same-origin"}  # what a browser says when our own page asks
SCRIPT = {**OURS, "x-by-script": "1"}  # what our page's script says
OUTSIDE = "https://www.weather.example/"

LANGUAGES = (
    Language("en", "English", "ltr", False),
    Language("ar", "العربية", "rtl", True),
    Language("de", "Deutsch", "ltr", False),
)

EMPTY: list[bytes] = []  # a migrated, empty database; made once, copied for every house


class Words(NullTranslations):
    """The interface in Arabic, as far as this list goes."""

    def pgettext(self, context: str, message: str) -> str:
        return ARABIC.get(context, message)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


def card(lang: str, country: str) -> Card:
    if lang == "ar":
        return Card(
            country=country or "DE",
            numbers=[{"what": "كل حالات الطوارئ", "number": "112"}, {"what": "الشرطة", "number": "110"}],
            lines=["اتصل الآن إن استطعت. اذهب أولا إلى مكان آمن.", "هذه الأرقام مثال ولم يتحقق منها أحد."],
            countries=[("DE", "ألمانيا"), ("AT", "النمسا"), ("FR", "فرنسا")],
        )
    return Card(
        country=country or "DE",
        numbers=[{"what": "All emergencies", "number": "112"}, {"what": "Police", "number": "110"}],
        lines=["Call now if you can. Go to a safe place first.", "Example numbers: nobody has checked them."],
        countries=[("DE", "Germany"), ("AT", "Austria"), ("FR", "France")],
    )


class Guide:
    """Answers every letter from a list, through the inbox and the outbox, as the turn will do."""

    def __init__(self, db: Database, vault: Vault, hub: Hub, clock: Clock) -> None:
        self.db, self.vault, self.hub, self.clock = db, vault, hub, clock
        self.heard: list[dict[str, str]] = []
        self.silent = False
        self._numbers = itertools.count(1)

    async def answer(self) -> None:
        """One turn for every talk that waits."""
        if self.silent:
            return
        async with self.db.work() as w:
            taken = await inbox.take(w, self.vault, self.clock(), 20)
            talks = await load(w, self.vault, taken)
            for number, rows in taken.items():
                talk = talks[number]
                talk.seen_at = self.clock()
                for row in rows:
                    body = json.loads(row.body or b"{}")
                    self.heard.append(body)
                    await self.say(w, talk, *self.words(talk, body))
                await inbox.done(w, [row.id for row in rows])
            await save(w, self.vault, list(talks.values()))

    async def say(self, w: object, talk: Conversation, *parcels: Parcel | str) -> None:
        drafts = [
            Draft(talk.id, f"k{next(self._numbers)}", 1, "clear", Parcel("", talk.lang))
            if isinstance(one, str)
            else Draft(talk.id, f"k{next(self._numbers)}", 1, "say", one)
            for one in parcels
        ]
        await outbox.put(w, self.vault, drafts, self.clock())  # type: ignore[arg-type]
        w.after(lambda: self.hub.tell(talk.id))  # type: ignore[attr-defined]

    async def tell(self, number: int, text: str, kind: str = "say", **parcel: object) -> None:
        """Something is said to a talk from elsewhere: a counsellor, a note."""
        async with self.db.work() as w:
            one = Draft(number, f"k{next(self._numbers)}", 1, kind, Parcel(text, "en", **parcel))  # type: ignore[arg-type]
            await outbox.put(w, self.vault, [one], self.clock())
            w.after(lambda: self.hub.tell(number))

    def words(self, talk: Conversation, body: dict[str, str]) -> list[Parcel | str]:
        if body.get("word") == "hide":
            return ["clear", Parcel("OK.", talk.lang)]
        if body.get("word") == "language":
            rows = tuple((Button(f"lang:{one.code}", one.name),) for one in LANGUAGES)
            return [Parcel(GUIDE[talk.lang]["language"], talk.lang, rows)]
        if body.get("tap", "").startswith("lang:"):
            talk.lang = body["tap"][5:]
        if "lang" in body:
            talk.lang = body["lang"]
        words = GUIDE[talk.lang]
        rows = tuple((Button(f"t{place}", label),) for place, label in enumerate(words["options"]))
        if body.get("word") in ("start", "return") or body.get("tap", "").startswith("lang:"):
            hello = [Parcel(one, talk.lang) for one in words["hello"]]
            return [*hello, Parcel(words["safe"], talk.lang, rows)]
        return [Parcel(words["heard"], talk.lang), Parcel(words["safe"], talk.lang, rows)]


class Home:
    """Everything a test needs to be a family, and to look behind the door."""

    def __init__(self, folder: Path, db: Database, vault: Vault, **changes: object) -> None:
        self.folder, self.db, self.vault = folder, db, vault
        self.clock, self.hub = Clock(), Hub()
        self.guide = Guide(db, vault, self.hub, self.clock)
        self.woken = asyncio.Event()
        self.ready = True
        facts = {
            "languages": LANGUAGES,
            "service_name": "Linden",
            "outside": OUTSIDE,
            "https": False,
            "example": True,
            **changes,
        }
        self.house = WebHouse(
            db=db,
            vault=vault,
            clock=self.clock,
            token=lambda: secrets.token_urlsafe(32),
            wake=self.woken.set,
            changed=self.hub,
            interface=lambda lang: Words() if lang == "ar" else NullTranslations(),
            card=card,
            ready=self._ready,
            **facts,  # type: ignore[arg-type]
        )
        self.app: Starlette = app(self.house)

    async def _ready(self) -> bool:
        return self.ready

    async def guiding(self) -> None:
        while True:
            await self.woken.wait()
            self.woken.clear()
            await self.guide.answer()

    def browser(self, peer: str = "198.51.100.7", **more: object) -> httpx.AsyncClient:
        """A browser without script, in this process."""
        transport = httpx.ASGITransport(self.app, client=(peer, 50000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=OURS, **more)  # type: ignore[arg-type]

    async def talks(self) -> list[int]:
        async with self.db.reading() as conn:
            rows = await conn.exec_driver_sql("SELECT id FROM conversations ORDER BY id")
            return [row[0] for row in rows]

    async def count(self, table: str) -> int:
        async with self.db.reading() as conn:
            found = await conn.exec_driver_sql(f"SELECT count(*) FROM {table}")
            return int(found.scalar_one())

    async def break_database(self) -> None:
        """The database file is gone, from one moment to the next, and cannot be made anew."""
        (self.folder / "nothing").symlink_to(self.folder)
        (self.folder / "nothing").replace(self.folder / "beside.db")
        await self.settled()
        await self.db.close()

    async def settled(self) -> None:
        """Nobody works with the database any more, and no page listens."""
        async with asyncio.timeout(5):
            while cast(QueuePool, self.db.engine.pool).checkedout():  # noqa: ASYNC110 - no event tells that
                await asyncio.sleep(0)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The same pages on a free loopback port; yields the address."""
        config = uvicorn.Config(self.app, log_level="critical", access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        with listening() as line:
            task = asyncio.create_task(server.serve(sockets=[line]))
            try:
                yield f"http://127.0.0.1:{line.getsockname()[1]}"
            finally:
                server.should_exit = True
                self.hub.close()
                await task


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()  # from now on a browser may call; it is answered as soon as the server runs
        yield line


@asynccontextmanager
async def home(folder: Path, **changes: object) -> AsyncIterator[Home]:
    url = f"sqlite:///{folder / 'beside.db'}"
    if not EMPTY:
        await migrate(url)
        EMPTY.append((folder / "beside.db").read_bytes())
    (folder / "beside.db").write_bytes(EMPTY[0])
    KeyRing.create(folder / "keys")
    vault = Vault.at(folder / "keys")
    db = await open_database(url)
    house = Home(folder, db, vault, **changes)
    guiding = asyncio.create_task(house.guiding())
    try:
        yield house
    finally:
        guiding.cancel()
        await asyncio.gather(guiding, return_exceptions=True)
        await house.settled()
        await db.close()
        vault.close()
