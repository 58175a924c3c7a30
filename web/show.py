"""Pages and their words: one template environment for each language, and which language a browser gets.

Every visible word stands in a template as pgettext(id, English); this file holds none.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from web.house import Language, WebHouse

PAGES = Path(__file__).parent / "pages"


def environment(house: WebHouse, code: str) -> Environment:
    """Templates that speak one language. Autoescape is on for every template and nothing switches it off."""
    env = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words = house.interface(code)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext
    )
    env.filters["tag"] = tag
    return env


def tag(code: str) -> str:
    """Our language code as a browser wants it: sr_Latn is sr-Latn."""
    return code.replace("_", "-")


class Pages:
    """Draws every page of one house."""

    def __init__(self, house: WebHouse) -> None:
        self.house = house
        self._spoken: dict[str, Environment] = {}

    def known(self, code: str) -> Language | None:
        return next((one for one in self.house.languages if one.code == code), None)

    def language(self, request: Request, *wished: str) -> Language:
        """The first wish that is on offer, else what the browser asks for, else the house's first one."""
        for code in (*wished, getattr(request.state, "lang", "")):
            if found := self.known(code):
                return found
        for code in accepted(request.headers.get("accept-language", "")):
            for one in self.house.languages:
                if tag(one.code).lower() == code or one.code.lower() == code.split("-")[0]:
                    return one
        return self.house.languages[0]

    def direction(self, code: str) -> str:
        found = self.known(code)
        return found.dir if found else "auto"

    def show(self, name: str, lang: Language, status: int = 200, **facts: Any) -> HTMLResponse:
        env = self._spoken.get(lang.code)
        if env is None:
            env = self._spoken[lang.code] = environment(self.house, lang.code)
        page = env.get_template(f"family/{name}.html").render(
            lang=lang,
            languages=self.house.languages,
            service_name=self.house.service_name,
            outside=self.house.outside,
            example=self.house.example,
            **{"form": self.house.token(), **facts},
        )
        return HTMLResponse(page, status)


def accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, best first, lower case; what cannot be read is left out."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        code, _, rest = part.strip().lower().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if code and weight > 0:
            wishes.append((-weight, place, code.strip()))
    return [code for _, _, code in sorted(wishes)]
