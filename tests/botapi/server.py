"""The transport: addresses, tokens, every way to pass parameters, errors as JSON, file download.

Source: telegram-bot-api HttpConnection.cpp, ClientManager.cpp send, Query.cpp, Client.cpp:12664.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from . import checks
from .errors import ApiError
from .faults import BAD_GATEWAY, Fault, Faults
from .methods import METHODS, allowed_in_reply
from .model import Bot, Call, Json
from .params import Params, Upload
from .request import Policy, Request
from .world import World

MAX_TOKEN = 80
MAX_BODY = 60 * 1024 * 1024
SLOTS = {"ok": True}
Extra = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiServer:
    """Answers `/bot<token>/<method>` and `/file/bot<token>/<path>`; hands `/person/` on."""

    def __init__(self, world: World, policy: Policy, faults: Faults) -> None:
        self.world, self.policy, self.faults = world, policy, faults
        self.person_side: Extra | None = None
        self.closing = asyncio.Event()
        world.execute = self.execute
        self.app = web.Application(client_max_size=MAX_BODY)
        self.app.router.add_route("*", "/{tail:.*}", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        try:
            if path.startswith("/person/") and self.person_side is not None:
                return await self.person_side(request)
            if path.startswith("/file/bot"):
                return self.download(path.removeprefix("/file/bot"))
            if path.startswith("/bot"):
                return await self.method(request, path.removeprefix("/bot"))
            raise ApiError("not_found")
        except ApiError as refusal:
            return answer(refusal.body(), refusal.code)

    def bot(self, token: str) -> Bot:
        if token.startswith("0") or len(token) > MAX_TOKEN or ":" not in token:
            raise ApiError("invalid_token")
        bot = self.world.bots.get(token)
        if bot is None or bot.revoked:
            raise ApiError("unauthorized")
        return bot

    def download(self, rest: str) -> web.Response:
        token, _, path = rest.partition("/")
        self.bot(token)
        stored = next((file for file in self.world.files.values() if file.path == path), None)
        if stored is None:
            raise ApiError("not_found")
        return web.Response(body=stored.data, content_type="application/octet-stream")

    async def method(self, request: web.Request, rest: str) -> web.StreamResponse:
        token, slash, name = rest.partition("/")
        if not slash:
            raise ApiError("not_found")
        bot = self.bot(token)
        name = name.removeprefix("test/")
        params = await read_params(request)
        known = METHODS.get(name.lower())
        call = Call(self.world.time.now(), bot.id, known[0] if known else name, params.loggable())
        self.world.calls.append(call)
        self.world.changed.fire()
        fault = self.faults.take(call.method, bot, params)
        if fault is None:
            return answer(*await self.run(bot, call, params))
        return await self.broken(request, bot, call, params, fault)

    async def run(self, bot: Bot, call: Call, params: Params) -> tuple[Json, int]:
        """Carries out one call; the answer body and the HTTP status."""
        try:
            known = METHODS.get(call.method.lower())
            if known is None:
                raise ApiError("unknown_method")
            result = known[1](Request(self.world, bot, params, self.policy))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as refusal:
            call.status, call.description = refusal.code, refusal.description
            self.world.changed.fire()
            return refusal.body(), refusal.code
        if self.policy.check_requests:
            self.world.warnings += checks.compare(call.method, params)
        body: Json = {"ok": True, "result": result}
        if isinstance(result, tuple):
            body = {"ok": True, "result": result[0], "description": result[1]}
        call.status, call.result = 200, body["result"]
        self.world.changed.fire()
        return body, 200

    async def broken(
        self, request: web.Request, bot: Bot, call: Call, params: Params, fault: Fault
    ) -> web.StreamResponse:
        """A call that meets a planned failure."""
        call.fault = fault.kind
        if fault.kind == "error":
            refusal = ApiError("scripted", fault.parameters, code=fault.code, description=fault.description)
            call.status, call.description = fault.code, fault.description
            return answer(refusal.body(), refusal.code)
        if fault.kind == "bad_gateway":
            call.status = 502
            return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
        if fault.kind == "hang":
            await self.closing.wait()
            return cut(request)
        if fault.kind == "drop":
            return cut(request)
        body, status = await self.run(bot, call, params)
        if fault.kind == "act_then_drop":
            return cut(request)
        if fault.kind == "delay":
            await self.world.time.sleep(fault.seconds)
            return answer(body, status)
        text = json.dumps(body, ensure_ascii=False).encode()
        return web.Response(status=status, body=text[: len(text) // 2], content_type="application/json")

    async def execute(self, bot: Bot, name: str, values: Json) -> None:
        """A method that came in a webhook reply."""
        known = METHODS.get(name.lower())
        if not allowed_in_reply(name):
            return
        params = Params(values)
        call = Call(self.world.time.now(), bot.id, known[0] if known else name, params.loggable())
        call.fault = "webhook reply"
        self.world.calls.append(call)
        await self.run(bot, call, params)


def answer(body: Json, status: int) -> web.Response:
    headers = {}
    if retry_after := body.get("parameters", {}).get("retry_after"):
        headers["Retry-After"] = str(retry_after)
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/json",
        headers=headers,
    )


def cut(request: web.Request) -> web.Response:
    """Ends the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def read_params(request: web.Request) -> Params:
    """Query first, then the body whatever its kind; the body wins."""
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    kind = request.content_type
    try:
        if kind == "application/json" and request.can_read_body:
            decoded = json.loads(await request.text() or "{}")
            if not isinstance(decoded, dict):
                raise ApiError("body_unreadable")
            values.update(decoded)
        elif kind == "application/x-www-form-urlencoded":
            values.update(
                {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
            )
        elif kind == "multipart/form-data":
            await read_multipart(request, values, uploads)
    except (ValueError, UnicodeDecodeError) as problem:
        raise ApiError("body_unreadable") from problem
    except web.HTTPRequestEntityTooLarge as problem:
        raise ApiError("entity_too_large") from problem
    return Params(values, uploads)


async def read_multipart(request: web.Request, values: dict[str, Any], uploads: dict[str, Upload]) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=True))
        if len(data) > MAX_BODY:
            raise ApiError("entity_too_large")
        if part.filename is None:
            values[part.name] = data.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.name, part.filename, mime, data)
