"""The emergency card as a page. No database, no session, no waiting: it works when all else is broken."""

import re

from starlette.requests import Request
from starlette.responses import Response

from web.house import WebHouse
from web.show import Pages
from web.visit import visit_in

COUNTRY = re.compile("[A-Z]{2}")


class Emergency:
    """GET /emergency, /emergency/{lang}, /emergency/{lang}/{country}"""

    def __init__(self, house: WebHouse, pages: Pages) -> None:
        self.house, self.pages = house, pages

    async def page(self, request: Request) -> Response:
        lang = self.pages.language(request, request.path_params.get("lang", ""))
        country = request.path_params.get("country", "").upper()
        card = self.house.card(lang.code, country if COUNTRY.fullmatch(country) else "")
        visiting = visit_in(request, self.house.https) is not None
        return self.pages.show("emergency", lang, card=card, visiting=visiting)
