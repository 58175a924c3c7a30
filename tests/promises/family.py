"""A town: a messenger, an open house, and families who tap, write and read there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as TableRow
from sqlalchemy import Table, select

from bot.carry import token
from dialogs.state import State, from_json
from storage import conversations
from storage.conversations import Conversation
from storage.vault import Vault
from tests.botapi import BotApi
from tests.botapi.person import Line, Person
from tests.journeys.conftest import Open

TO_A_PERSON = ("/person", "people.short-yes")  # the shortest way to where free text is kept


@dataclass
class Town:
    api: BotApi
    open: Open

    def family(self, name: str = "Amal", lang: str = "en", **more: Any) -> "Family":
        return Family(self, self.api.person(name, lang, **more))

    @property
    def vault(self) -> Vault:
        return self.open.house.vault

    async def quiet(self) -> None:
        """Everything that was written arrived, was answered, and every answer was sent."""
        await self.api.until(lambda: not self.api.pending(), timeout=20)
        await self.open.quiet()

    async def rows(self, table: Table, **which: object) -> list[TableRow[Any]]:
        wanted = [table.c[name] == value for name, value in which.items()]
        async with self.open.house.db.reading() as conn:
            return list((await conn.execute(select(table).where(*wanted))).all())

    def text(self, message: str, lang: str = "en") -> str:
        """The words of a message as the newest edition has them, without facts."""
        said: Mapping[str, Any] = self.open.house.shelf.newest.words[lang].plain
        return str(said[message][0])

    def label(self, button: str, lang: str = "en") -> str:
        if button.startswith("lang:"):
            return dict(self.open.house.shelf.newest.on_offer)[button.removeprefix("lang:")]
        return self.open.house.shelf.newest.labels(lang, button)[0]


class Family:
    def __init__(self, town: Town, person: Person) -> None:
        self.town, self.person = town, person
        self.lang = "en"
        self.seen = 0  # the number of the last message we looked at

    @property
    def pid(self) -> str:
        return self.town.vault.pid("telegram", str(self.person.id))

    def last_question(self) -> Line:
        return [line for line in self.person.said() if line.buttons][-1]

    def offered(self, button: str) -> str:
        """The callback data of a button of the last question, or ""."""
        label, line = self.town.label(button, self.lang), self.last_question()
        said = [each for row in line.buttons for each in row]
        data = [each for row in line.data for each in row]
        mine = (d for s, d in zip(said, data, strict=True) if s == label or s.startswith(f"{label} ("))
        return next(mine, "")

    def tap(self, button: str) -> None:
        data = self.offered(button)
        assert data, f"{button} is not on offer: {self.last_question()}"
        self.person.tap(data, self.last_question())

    async def do(self, *acts: str) -> None:
        """Write words, or tap a button by its id (`sheet.button`, `lang:xx`); each is answered before the next."""
        for act in acts:
            if act.startswith("lang:") or (act.count(".") == 1 and " " not in act):
                self.tap(act)
            else:
                self.person.write(act)
            await self.town.quiet()

    async def say(self, *words: str) -> None:
        """Write several messages, one right after the other."""
        for word in words:
            self.person.write(word)
        await self.town.quiet()

    async def to_a_person(self) -> None:
        """To the place where a family's own words are kept for the counsellor."""
        await self.do("hello", "lang:en", *TO_A_PERSON)

    async def walk(self, *buttons: str) -> None:
        """Through the questions: tap these, in any order, as they are offered; skip every other one."""
        wanted = list(buttons)
        for _ in range(60):
            talk, shown = await self.talk(), [data for row in self.last_question().data for data in row]
            asked = int(shown[0].partition(".")[0], 16)
            found = next((b for b in wanted if token(self.town.vault, talk, b, asked) in shown), "")
            await self.do(found or "/skip")
            wanted = [button for button in wanted if button != found]
            if not wanted:
                return
        raise AssertionError(f"{wanted} were never offered; the last: {self.last_question().text}")

    def news(self) -> list[Line]:
        """What came since we last looked."""
        new = [line for line in self.person.said() if line.id > self.seen]
        self.seen = max([self.seen, *(line.id for line in new)])
        return new

    @property
    def answered(self) -> bool:
        """Did something come since we last looked?"""
        return any(line.id > self.seen for line in self.person.said())

    async def talk(self) -> Conversation:
        house = self.town.open.house
        async with house.db.reading() as conn:
            number = await conversations.find(conn, "telegram", self.pid)
            assert number is not None
            return (await conversations.load(conn, house.vault, [number]))[number]

    async def state(self) -> State:
        talk = await self.talk()
        return from_json(talk.state) if talk.state else State()

    async def kept(self) -> list[str]:
        """The words that were kept, read with the team's key."""
        house = self.town.open.house
        number = (await self.talk()).id
        async with house.db.reading() as conn:
            return [text.text for text in await conversations.kept_texts(conn, house.vault, number)]
