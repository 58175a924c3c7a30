"""The web application: every route in one table, and what is shown when something goes wrong.

Whoever serves `app(house)` switches uvicorn's access log off (it would write addresses) and calls
`house.changed.close()` when the process is asked to stop (open pages would hold it up).
"""

import logging
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from web.card import Emergency
from web.chat import Talk, by_script
from web.door import Door
from web.guard import Guard, dress
from web.house import WebHouse
from web.show import PAGES, Pages
from web.static import Static
from web.stream import Stream

log = logging.getLogger("web")


def app(house: WebHouse, machines: Sequence[Route] = ()) -> Starlette:
    """The families' chat on the web.

    `machines`: routes that no browser calls (a messenger's webhook). They are not asked where they come from and
    no body is cut; each checks its own secret and caps its own body.
    """
    pages = Pages(house)
    trouble = Trouble(house, pages)
    exempt = frozenset(route.path for route in machines)
    return Starlette(
        routes=[*machines, *routes(house, pages)],
        middleware=[Middleware(Guard, https=house.https, refuse=trouble.stranger, machines=exempt)],
        exception_handlers={
            HTTPException: trouble.refused,
            SQLAlchemyError: trouble.database_away,
            Exception: trouble.bug,
        },
    )


def routes(house: WebHouse, pages: Pages) -> list[Route]:
    talk = Talk(house, pages)
    door = Door(talk)
    card = Emergency(house, pages)
    static = Static(PAGES / "static", PAGES / "vendor")

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        ready = await house.ready()
        return PlainTextResponse("ready" if ready else "not ready", 200 if ready else 503)

    return [
        Route("/", door.welcome),
        Route("/start", door.start, methods=["POST"]),
        Route("/return", door.come_back, methods=["POST"]),
        Route("/leave", door.leave, methods=["POST"]),
        Route("/talk", talk.page),
        Route("/talk", talk.write, methods=["POST"]),
        Route("/talk/stream", Stream(talk).open),
        Route("/emergency", card.page),
        Route("/emergency/{lang}", card.page),
        Route("/emergency/{lang}/{country}", card.page),
        Route("/static/{name}", static.file),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]


class Trouble:
    """The pages for what went wrong. They never need the database, and they give typed words back."""

    def __init__(self, house: WebHouse, pages: Pages) -> None:
        self.house, self.pages = house, pages

    def _sorry(self, request: Request, why: str, status: int, again: bool = False) -> Response:
        typed = getattr(request.state, "typed", "")
        if by_script(request):
            return Response(None, status)
        # The same number of the form again: should the message have reached us, it still counts once.
        form = getattr(request.state, "form", "") or self.house.token()
        facts = {"why": why, "typed": typed, "again": again, "form": form}
        return self.pages.show("sorry", self.pages.language(request), status, **facts)

    async def stranger(self, request: Request) -> Response:
        return self._sorry(request, "stranger", 403)

    async def refused(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self._sorry(
            request, {413: "long", 404: "nothing", 405: "nothing"}.get(status, "trouble"), status
        )

    async def database_away(self, request: Request, error: Exception) -> Response:
        log.error("web-database-away: %s", type(error).__name__)
        return self._sorry(request, "trouble", 503, again=True)

    async def bug(self, request: Request, error: Exception) -> Response:
        """Starlette hands the error on to the log afterwards; here the family only gets its page."""
        answer = self._sorry(request, "trouble", 500, again=True)
        dress(MutableHeaders(raw=answer.raw_headers), self.house.https)
        return answer
