"""What an open page hears: new messages as server-sent events, numbered, so that gaps are refilled.

The few lines of the format are our own. sse-starlette logs every chunk at DEBUG (a family's talk must not be
one setting away from a log) and replaces uvicorn's exit handler on import.
"""

import json
import logging
import re
from collections.abc import AsyncIterator

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from storage import outbox
from storage.conversations import find, load
from web.chat import Talk
from web.seen import History, offered
from web.visit import CHANNEL, visit_in

BEAT = 15.0  # seconds between two signs of life; proxies cut silent lines after 30 to 60
AGAIN = 3000  # milliseconds a browser waits before it reconnects
AGAIN_TOLD = 10  # messages a page may already have that are told again, to fill a hole
MOST_PAGES = 6  # open pages of one talk; a browser has no more connections than that for one host

NUMBER = re.compile("[0-9]{1,18}")

News = tuple[list[bytes], bool]  # events, and whether nothing may follow them on this line

log = logging.getLogger("web")


def event(name: str, data: str, number: int | None = None) -> bytes:
    """One event. `data` is a single line (JSON)."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


def whole(text: str | None) -> int:
    """A number of a message from a header or a query; 0 when it is none."""
    return int(text) if text and NUMBER.fullmatch(text) else 0


class Told:
    """What one open page has been told. `after`: the newest message it had when it called.

    A message that was planned for later may come out after a younger one. So the newest few are told again
    on every call, and the page leaves out what it has.
    """

    def __init__(self, after: int, floor: int = 0) -> None:
        self.after, self.since = after, floor
        self._numbers: set[int] = set()

    def new(self, history: History) -> History:
        cleared = max((place for place, (_, _, kind) in enumerate(history) if kind == "clear"), default=-1)
        seen = history[cleared + 1 :]
        if not self._numbers:
            late = [one for one in seen if one[0] <= self.after]
            seen = seen[max(0, len(late) - AGAIN_TOLD) :]
            self.since = seen[0][0] - 1 if seen else self.since
        fresh = [one for one in seen if one[0] not in self._numbers]
        self._numbers.update(one[0] for one in fresh)
        return fresh


class Stream:
    """GET /talk/stream?after=NUMBER&lang=CODE"""

    def __init__(self, talk: Talk) -> None:
        self.talk, self.house, self.pages = talk, talk.house, talk.pages

    async def open(self, request: Request) -> Response:
        visit = visit_in(request, self.house.https)
        at = await self.talk.sitting(request)
        if request.method == "HEAD" or at is None or visit is None:
            return Response(event("end", "{}"), media_type="text/event-stream")
        if self.house.changed.listening(at.talk.id) >= MOST_PAGES:
            return Response(None, 429)
        after = whole(request.headers.get("last-event-id") or request.query_params.get("after"))
        # The floor of the cookie, not of this moment: a page that stayed open may go on hearing.
        told = Told(after, visit.floor)
        pid = self.house.vault.pid(CHANNEL, visit.person)
        events = self.events(at.talk.id, pid, told, request.query_params.get("lang", ""))
        return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def events(self, number: int, pid: str, told: Told, lang: str) -> AsyncIterator[bytes]:
        """What the page may lack, then whatever comes, until the visit ends or the house shuts."""
        yield f"retry: {AGAIN}\n\n".encode()
        with self.house.changed.listen(number) as ear:
            while not ear.closed:
                try:
                    news, over = await self._news(number, pid, told, lang)
                except SQLAlchemyError:
                    log.warning("web-stream-database-away")
                    return  # the browser comes back by itself and asks again
                for one in news:
                    yield one
                if over:
                    return
                if not await ear.wait(BEAT):
                    yield b": here\n\n"

    async def _news(self, number: int, pid: str, told: Told, lang: str) -> News:
        """The events since the last look, and whether nothing may follow on this line."""
        async with self.house.db.reading() as conn:
            now = await find(conn, CHANNEL, pid)
            if now is None:
                return [event("end", "{}")], True
            if now != number:  # forgotten: the same visit goes on in an empty talk
                return [event("clear", "{}")], True
            spoken = "".join(talk.lang for talk in (await load(conn, self.house.vault, [number])).values())
            history = await outbox.history(conn, self.house.vault, number, told.since)
        if any(kind == "clear" and one > told.after for one, _, kind in history):
            return [event("clear", "{}")], True
        if spoken != lang and self.pages.known(spoken):
            return [event("language", "{}")], True
        return [
            event("message", self._line(parcel, kind), one) for one, parcel, kind in told.new(history)
        ], False

    def _line(self, parcel: outbox.Parcel, kind: str) -> str:
        unchanged = (outbox.Button("", ""),)
        options = offered(parcel, kind, unchanged)
        return json.dumps(
            {
                "text": parcel.text,
                "lang": parcel.lang.replace("_", "-"),
                "dir": self.pages.direction(parcel.lang),
                "options": None if options == unchanged else [[one.token, one.label] for one in options],
            }
        )
