"""A family's visit: a random number in a cookie that ends with the browser. There is no account.

Rule 1: the number itself is never kept. Its hash is the "person" of the web channel, and the vault makes a
        keyed id of that.
Rule 2: leaving ends the visit at once; the number is then in nobody's hands and the talk can only be found
        again by its code.
"""

import hashlib
import re
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

CHANNEL = "web"
COOKIE = re.compile(r"([\w-]{20,200})\.([0-9]{1,18})", re.ASCII)


class Visit(NamedTuple):
    """`floor`: messages up to this number are not shown again in this browser."""

    token: str
    floor: int = 0

    @property
    def person(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()


def cookie_name(https: bool) -> str:
    """`__Host-` binds the cookie to exactly this host and to https; browsers refuse it on plain http."""
    return "__Host-visit" if https else "visit"


def visit_in(request: Request, https: bool) -> Visit | None:
    """The visit this browser says it is on."""
    found = COOKIE.fullmatch(request.cookies.get(cookie_name(https), ""))
    return Visit(found[1], int(found[2])) if found else None


def begin(response: Response, visit: Visit, https: bool) -> None:
    """A session cookie: no date, so the browser drops it when it is closed."""
    value = f"{visit.token}.{visit.floor}"
    response.set_cookie(cookie_name(https), value, path="/", secure=https, httponly=True, samesite="strict")


def end(response: Response, https: bool) -> None:
    response.delete_cookie(cookie_name(https), path="/", secure=https, httponly=True, samesite="strict")
    response.headers["Clear-Site-Data"] = '"*"'
