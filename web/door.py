"""Coming and going: the first page, the start, the way back with a code, and the quick exit.

Rule 1: the first page looks the same to everybody, whether this browser has been here or not (security A1).
Rule 2: a code that is unknown, mistyped, forgotten or of another channel gets one and the same answer, and
        every answer takes the same time (security A2).
"""

import asyncio
import unicodedata
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from storage import outbox
from storage.conversations import by_code, code_mark, find, load, move
from web.chat import MOMENT, Talk, field
from web.pace import Pace, peer_of
from web.seen import floor_of
from web.visit import CHANNEL, Visit, begin, end

LONGEST_CODE = 200  # letters; ours are far shorter
SAME_TIME = 0.5  # seconds every answer to a code takes; the work itself takes a few hundredths
TRIES, TRIES_IN = 6, timedelta(minutes=15)  # codes one household may try
STARTS, STARTS_IN = 30, timedelta(minutes=1)  # talks one household (or one school's network) may start


def plain_code(typed: str) -> str:
    """A return code as it was given out: digits in groups of four, whatever script or signs it is typed in."""
    folded = unicodedata.normalize("NFKC", typed[:LONGEST_CODE]).casefold()
    plain = "".join(str(unicodedata.digit(one, one)) for one in folded if one.isalnum())
    return " ".join(plain[n : n + 4] for n in range(0, len(plain), 4))


class Door:
    """The pages /, /start, /return and /leave."""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.house, self.pages = talk, talk.house, talk.pages
        self._starts = Pace(STARTS, STARTS_IN)
        self._tries = Pace(TRIES, TRIES_IN)

    async def welcome(self, request: Request) -> Response:
        return self._welcome(request, request.query_params.get("lang", ""))

    def _welcome(self, request: Request, lang: str, trouble: str = "", status: int = 200) -> Response:
        return self.pages.show("welcome", self.pages.language(request, lang), status, trouble=trouble)

    async def start(self, request: Request) -> Response:
        """Begin a visit (or go on with this browser's own) and ask the guide for its first words."""
        form = await request.form(max_files=0, max_fields=20)
        lang = self.pages.language(request, field(form, "lang"))
        if not self._starts.allows(self._peer(request), self.house.clock()):
            return self._welcome(request, lang.code, "start", 429)
        at = await self.talk.sitting(request)
        visit = at.visit if at else Visit(self.house.token())
        body, number = {"word": "start", "lang": lang.code}, field(form, "form")
        if at is None:
            await self.talk.take_in(body, number, visit)
            await self._greeting(visit)
        else:
            with self.house.changed.listen(at.talk.id) as ear:
                if await self.talk.take_in(body, number, visit):
                    await ear.wait(MOMENT)
        answer = RedirectResponse("/talk#last", 303)
        begin(answer, visit, self.house.https)
        return answer

    async def _greeting(self, visit: Visit) -> None:
        """Wait a moment for the first words of a new talk, so that its page is not empty when it opens."""
        pid = self.house.vault.pid(CHANNEL, visit.person)
        async with self.house.db.reading() as conn:
            number = await find(conn, CHANNEL, pid)
        if number is None:
            return
        with self.house.changed.listen(number) as ear:
            async with self.house.db.reading() as conn:
                said = await outbox.history(conn, self.house.vault, number)
            if not said:
                await ear.wait(MOMENT)

    async def come_back(self, request: Request) -> Response:
        """Point the talk behind a code at this browser. Success and failure take the same time."""
        done = asyncio.get_running_loop().time() + SAME_TIME
        form = await request.form(max_files=0, max_fields=20)
        answer = await self._come_back(request, form)
        await asyncio.sleep(done - asyncio.get_running_loop().time())
        return answer

    async def _come_back(self, request: Request, form: FormData) -> Response:
        lang = field(form, "lang")
        if not self._tries.allows(self._peer(request), self.house.clock()):
            return self._welcome(request, lang, "code-later", 429)
        mac = code_mark(self.house.vault, plain_code(field(form, "code")))
        visit = Visit(self.house.token())
        async with self.house.db.work() as work:
            found = await by_code(work, mac)
            if found is None or found[1] != CHANNEL:
                return self._welcome(request, lang, "code")
            talk = (await load(work, self.house.vault, [found[0]]))[found[0]]
            visit = Visit(visit.token, await floor_of(work.conn, talk, self.house.clock()))
            await move(work, self.house.vault, talk.id, visit.person)
        self.house.changed.tell(talk.id)  # the browser it was open in before hears that its visit ended
        await self.talk.take_in({"word": "return"}, self.house.token(), visit)
        answer = RedirectResponse("/talk#last", 303)
        begin(answer, visit, self.house.https)
        return answer

    async def leave(self, request: Request) -> Response:
        """End the visit and send the browser away.

        A page that leads on by itself, not a redirect: `form-action 'self'` would stop that one.
        """
        answer = self.pages.show("left", self.pages.language(request))
        answer.headers["Refresh"] = f"0; url={self.house.outside}"
        end(answer, self.house.https)
        return answer

    def _peer(self, request: Request) -> str:
        return peer_of(request.client.host if request.client else None)
