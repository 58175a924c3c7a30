"""The families' chat: the page, and the one door for what they write.

Rule 1: an answer to a sent message means that it lies durably in the inbox; what happens next is not decided
        here.
Rule 2: nothing typed is lost: whatever goes wrong, the page comes back with the words in the box (or, when
        the page's script runs, the words never leave the box).
Rule 3: what stood before the last "clear" is not shown again.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from storage import inbox, outbox
from storage.conversations import Conversation, find, load
from web.house import WebHouse
from web.pace import Pace
from web.show import Pages
from web.visit import CHANNEL, person_of, token_in

WORDS = ("emergency", "person", "hide", "back", "skip", "data", "stop", "language")
LONGEST = 4096  # letters (code points) in one message, as in every other channel
LONGEST_TOKEN = 200  # letters of a button's token or a form's number
MOMENT = 2.0  # seconds a form without script waits for its answer before the page is drawn
EACH_MINUTE = 40  # messages of one visit; a fast typist sends about 20 short ones


class Line(NamedTuple):
    """One message of ours as a page shows it."""

    id: int
    text: str
    lang: str
    dir: str


@dataclass(frozen=True)
class View:
    """What is to be seen of a talk now. `quiet`: it was cleared, and nothing has been said since."""

    messages: tuple[Line, ...] = ()
    options: tuple[outbox.Button, ...] = ()
    last: int = 0
    quiet: bool = False


def view(history: Sequence[tuple[int, outbox.Parcel, str]], pages: Pages) -> View:
    """The page of a talk from its outbox: the lines since the last clear, the answers still open to tap."""
    messages: list[Line] = []
    options: tuple[outbox.Button, ...] = ()
    last, quiet = 0, False
    for number, parcel, kind in history:
        last, quiet = number, kind == "clear"
        if quiet:
            messages, options = [], ()
            continue
        if parcel.text:
            messages.append(Line(number, parcel.text, parcel.lang, pages.direction(parcel.lang)))
        options = offered(parcel, kind, options)
    return View(tuple(messages), options, last, quiet)


def offered(parcel: outbox.Parcel, kind: str, before: tuple[outbox.Button, ...]) -> tuple[outbox.Button, ...]:
    """The answers to tap after this message. A note in between leaves an open question open."""
    now = tuple(button for row in parcel.rows for button in row)
    return before if kind == "note" and not now else now


def outer_id(person: str, form: str, body: bytes) -> str:
    """One form sent twice with the same words is one message; the same form with other words is another."""
    whole = b"\0".join((person.encode(), form.encode(), body))
    return hashlib.sha256(whole).hexdigest()


def said(form: FormData) -> dict[str, str]:
    """What one sent form says: a tapped answer, an always-word, or free text."""
    if tap := field(form, "tap"):
        return {"tap": tap[:LONGEST_TOKEN]}
    word = field(form, "word")
    if word in WORDS:
        return {"word": word}
    return {"text": field(form, "text")}


def field(form: FormData, name: str) -> str:
    """A field's text with plain line ends (browsers send CRLF); "" when it is missing."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


class Talk:
    """The pages at /talk."""

    def __init__(self, house: WebHouse, pages: Pages) -> None:
        self.house, self.pages = house, pages
        self._pace = Pace(EACH_MINUTE, timedelta(minutes=1))

    async def current(self, request: Request) -> Conversation | None:
        """The talk this browser is in; None when its visit ended or never began."""
        token = token_in(request, self.house.https)
        if not token:
            return None
        pid = self.house.vault.pid(CHANNEL, person_of(token))
        async with self.house.db.reading() as conn:
            number = await find(conn, CHANNEL, pid)
            if number is None:
                return None
            return (await load(conn, self.house.vault, [number])).get(number)

    async def page(self, request: Request) -> Response:
        talk = await self.current(request)
        if talk is None:
            return RedirectResponse("/", 303)
        return await self.draw(request, talk)

    async def draw(
        self, request: Request, talk: Conversation, typed: str = "", trouble: str = "", status: int = 200
    ) -> Response:
        async with self.house.db.reading() as conn:
            history = await outbox.history(conn, self.house.vault, talk.id)
        seen = view(history, self.pages)
        return self.pages.show(
            "talk",
            self.pages.language(request, talk.lang),
            status,
            view=seen,
            quiet=seen.quiet,
            country=talk.country or "",
            typed=typed,
            trouble=trouble,
        )

    async def write(self, request: Request) -> Response:
        """Take one message in. 204 for the page's script, a page or a redirect for a plain form."""
        form = await request.form(max_files=0, max_fields=20)
        by_script = request.headers.get("x-by-script") == "1"
        body, text = said(form), field(form, "text")
        typed = "" if body.get("word") == "hide" else text
        request.state.typed = typed  # should anything break from here on, the page of the trouble shows it,
        request.state.lang = field(form, "lang")  # in the language of the page it was typed on
        talk = await self.current(request)
        if talk is None:
            return self._gone(request, typed, by_script)
        trouble = self._refused(request, body)
        if trouble:
            status = {"long": 413, "pace": 429}[trouble]
            return (
                Response(status_code=status)
                if by_script
                else await self.draw(request, talk, typed, trouble, status)
            )
        if body == {"text": body.get("text", "")} and not body["text"].strip():
            return Response(status_code=204) if by_script else RedirectResponse("/talk#last", 303)
        with self.house.changed.listen(talk.id) as ear:
            new = await self.take_in(body, field(form, "form"), token_in(request, self.house.https))
            if by_script:
                return Response(status_code=204)
            if new:
                await ear.wait(MOMENT)
        if body.get("word") == "emergency":
            return RedirectResponse(f"/emergency/{talk.lang}/{talk.country or ''}".rstrip("/"), 303)
        if typed and "text" not in body:
            return await self.draw(request, talk, typed)
        return RedirectResponse("/talk#last", 303)

    async def take_in(self, body: dict[str, str], form: str, token: str) -> bool:
        """Put one letter of this visit into the inbox and tell the turn. Durable on return; False: known."""
        person = person_of(token)
        raw = json.dumps(body, ensure_ascii=False).encode()
        now = self.house.clock()
        form = form[:LONGEST_TOKEN] or self.house.token()
        letter = inbox.Letter(CHANNEL, outer_id(person, form, raw), 0, person, person, raw, None, now)
        hint = {person: body["lang"]} if "lang" in body else None
        (new,) = await inbox.accept(self.house.db, self.house.vault, [letter], hint)
        self.house.wake()
        return new

    def _refused(self, request: Request, body: dict[str, str]) -> str:
        """Why this message cannot be taken now, as the page's word for it; "" when it can."""
        if len(body.get("text", "")) > LONGEST:
            return "long"
        urgent = body.get("word") in ("emergency", "person", "hide")
        person = person_of(token_in(request, self.house.https))
        if not self._pace.allows(person, self.house.clock()) and not urgent:
            return "pace"
        return ""

    def _gone(self, request: Request, typed: str, by_script: bool) -> Response:
        if by_script:
            return Response(status_code=410)
        lang = self.pages.language(request)
        return self.pages.show("sorry", lang, 410, why="gone", typed=typed, again=False)
