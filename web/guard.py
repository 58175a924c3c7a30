"""What stands before every page: headers, the same-origin rule, the size of a body.

Rule 1: every answer carries the headers, also errors and static files.
Rule 2: whatever changes something must come from our own page: Sec-Fetch-Site, or Origin where a browser is
        too old to send it. Neither: 403. Only paths that machines call are left out; they prove who they are.
Rule 3: a body over the cap is read away (so that the browser can show our answer) and refused.
"""

from collections.abc import Awaitable, Callable, Container, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 64 * 1024  # bytes; 4,096 letters of the costliest kind are 48 KiB in a form
READ_AWAY = 1024 * 1024  # bytes of a refused body that are still taken in, unstored

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

# Referrer-Policy is same-origin, not no-referrer: nobody else ever gets a Referer either way, but under
# no-referrer a browser sends `Origin: null` with our own forms, and old phones send nothing else to go by.
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
ONLY_HTTPS = "max-age=31536000"  # one year, the usual value


def dress(headers: MutableHeaders, https: bool) -> None:
    """Put the house's headers on an answer."""
    for name, value in HEADERS.items():
        headers[name] = value
    if https:
        headers["Strict-Transport-Security"] = ONLY_HTTPS


def from_our_page(headers: Headers) -> bool:
    """Whether a browser says that this request was made by one of our own pages."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == headers.get("host", "")


class Guard:
    """`refuse` draws the page for a stranger's request; `machines`: paths with a proof and a cap of their own."""

    def __init__(
        self,
        app: ASGIApp,
        https: bool,
        refuse: Callable[[Request], Awaitable[Response]],
        machines: Container[str] = (),
    ) -> None:
        self.app, self.https, self.refuse, self.machines = app, https, refuse, machines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(MutableHeaders(scope=message), self.https)
            await send(message)

        if scope["path"] in self.machines:
            await self.app(scope, receive, dressed)
            return
        if scope["method"] not in ("GET", "HEAD") and not from_our_page(Headers(scope=scope)):
            answer = await self.refuse(Request(scope))
            await answer(scope, receive, dressed)
            return
        await self.app(scope, Capped(receive), dressed)


class Capped:
    """`receive` that refuses a body over the cap, after reading a bounded rest of it away."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.size = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.size += len(message.get("body", b""))
        if self.size <= MOST_BODY:
            return message
        while message.get("more_body", False) and self.size <= READ_AWAY:
            message = await self.receive()
            self.size += len(message.get("body", b""))
        raise HTTPException(413)
