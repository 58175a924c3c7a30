"""The families' chat: the page, and the one door for what they write.

Rule 1: an answer to a sent message means that it lies durably in the inbox; what happens next is not decided
        here.
Rule 2: nothing typed is lost: whatever goes wrong, the page comes back with the words in the box (or, when
        the page's script runs, the words never leave the box).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from storage import inbox, outbox
from storage.conversations import Conversation, find, load
from web.house import WebHouse
from web.pace import Pace
from web.seen import floor_of, view
from web.show import Pages
from web.visit import CHANNEL, Visit, begin, visit_in

WORDS = ("emergency", "person", "hide", "back", "skip", "data", "stop", "language")
NEVER_HELD_UP = ("emergency", "person", "hide")
LONGEST = 4096  # letters (code points) in one message, as in every other channel
LONGEST_TOKEN = 200  # letters of a button's token or a form's number
MOMENT = 2.0  # seconds a form without script waits for its answer before the page is drawn
EACH_MINUTE = 40  # messages of one visit; a fast typist sends about 20 short ones


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


@dataclass(frozen=True)
class Sitting:
    """A browser in its talk. `moved`: the visit's floor is higher than its cookie says."""

    talk: Conversation
    visit: Visit
    moved: bool


class Talk:
    """The pages at /talk."""

    def __init__(self, house: WebHouse, pages: Pages) -> None:
        self.house, self.pages = house, pages
        self._pace = Pace(EACH_MINUTE, timedelta(minutes=1))

    async def sitting(self, request: Request) -> Sitting | None:
        """The talk this browser is in; None when its visit ended or never began."""
        visit = visit_in(request, self.house.https)
        if visit is None:
            return None
        pid = self.house.vault.pid(CHANNEL, visit.person)
        async with self.house.db.reading() as conn:
            number = await find(conn, CHANNEL, pid)
            talks = await load(conn, self.house.vault, [] if number is None else [number])
            for talk in talks.values():
                floor = max(visit.floor, await floor_of(conn, talk, self.house.clock()))
                return Sitting(talk, Visit(visit.token, floor), floor > visit.floor)
        return None

    async def page(self, request: Request) -> Response:
        at = await self.sitting(request)
        if at is None:
            return RedirectResponse("/", 303)
        return self._keep(at, await self._draw(request, at))

    async def write(self, request: Request) -> Response:
        """Take one message in. 204 for the page's script, a page or a redirect for a plain form."""
        form = await request.form(max_files=0, max_fields=20)
        hiding = field(form, "word") == "hide"
        # Should anything break from here on, the page of the trouble gives the words back.
        request.state.typed = "" if hiding else field(form, "text")
        request.state.lang, request.state.form = field(form, "lang"), field(form, "form")
        at = await self.sitting(request)
        if at is None:
            return self._gone(request)
        return self._keep(at, await self._write(request, form, at))

    async def _write(self, request: Request, form: FormData, at: Sitting) -> Response:
        body, typed = said(form), request.state.typed
        if trouble := self._refused(at, body):
            status = {"long": 413, "pace": 429}[trouble]
            return (
                Response(None, status)
                if by_script(request)
                else await self._draw(request, at, trouble, status)
            )
        if not body.get("text", "more than text").strip():
            return Response(None, 204) if by_script(request) else RedirectResponse("/talk#last", 303)
        with self.house.changed.listen(at.talk.id) as ear:
            new = await self.take_in(body, field(form, "form"), at.visit)
            if by_script(request):
                return Response(None, 204)
            if new:
                await ear.wait(MOMENT)
        if body.get("word") == "emergency":
            return RedirectResponse(f"/emergency/{at.talk.lang}/{at.talk.country or ''}".rstrip("/"), 303)
        if typed and "text" not in body:
            return await self._draw(request, at)
        return RedirectResponse("/talk#last", 303)

    async def take_in(self, body: dict[str, str], form: str, visit: Visit) -> bool:
        """Put one letter of this visit into the inbox and tell the turn. Durable on return; False: known."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        name = outer_id(visit.person, form[:LONGEST_TOKEN] or self.house.token(), raw)
        letter = inbox.Letter(CHANNEL, name, 0, visit.person, visit.person, raw, None, self.house.clock())
        hint = {visit.person: body["lang"]} if "lang" in body else None
        (new,) = await inbox.accept(self.house.db, self.house.vault, [letter], hint)
        self.house.wake()
        return new

    async def _draw(self, request: Request, at: Sitting, trouble: str = "", status: int = 200) -> Response:
        async with self.house.db.reading() as conn:
            history = await outbox.history(conn, self.house.vault, at.talk.id, at.visit.floor)
        return self.pages.show(
            "talk",
            self.pages.language(request, at.talk.lang),
            status,
            view=view(history, at.visit.floor, self.pages),
            country=at.talk.country or "",
            typed=getattr(request.state, "typed", ""),
            trouble=trouble,
        )

    def _keep(self, at: Sitting, answer: Response) -> Response:
        if at.moved:
            begin(answer, at.visit, self.house.https)
        return answer

    def _refused(self, at: Sitting, body: dict[str, str]) -> str:
        """Why this message cannot be taken now, as the page's word for it; "" when it can."""
        if len(body.get("text", "")) > LONGEST:
            return "long"
        allowed = self._pace.allows(at.visit.person, self.house.clock())
        return "" if allowed or body.get("word") in NEVER_HELD_UP else "pace"

    def _gone(self, request: Request) -> Response:
        if by_script(request):
            return Response(None, 410)
        facts = {"why": "gone", "typed": request.state.typed, "again": False}
        return self.pages.show("sorry", self.pages.language(request), 410, **facts)


def by_script(request: Request) -> bool:
    """Whether our page's own script asks: it wants a status and no page."""
    return request.headers.get("x-by-script") == "1"
