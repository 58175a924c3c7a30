"""A family's visit: a random number in a cookie that ends with the browser. There is no account.

Rule 1: the number itself is never kept. Its hash is the "person" of the web channel, and the vault makes a
        keyed id of that.
Rule 2: leaving ends the visit at once; the number is then in nobody's hands and the talk can only be found
        again by its code.
"""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

CHANNEL = "web"
LONGEST_TOKEN = 200  # letters; ours have 43 to 64


def cookie_name(https: bool) -> str:
    """`__Host-` binds the cookie to exactly this host and to https; browsers refuse it on plain http."""
    return "__Host-visit" if https else "visit"


def person_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_in(request: Request, https: bool) -> str:
    """The number this browser brought, or ""."""
    token = request.cookies.get(cookie_name(https), "")
    return token if len(token) <= LONGEST_TOKEN else ""


def begin(response: Response, token: str, https: bool) -> None:
    """A session cookie: no date, so the browser drops it when it is closed."""
    response.set_cookie(cookie_name(https), token, path="/", secure=https, httponly=True, samesite="strict")


def end(response: Response, https: bool) -> None:
    response.delete_cookie(cookie_name(https), path="/", secure=https, httponly=True, samesite="strict")
    response.headers["Clear-Site-Data"] = '"*"'
