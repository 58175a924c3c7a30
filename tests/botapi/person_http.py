"""The person's side over HTTP, under `/person/`: for tests in other processes and for the chat page."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import page
from .api import BotApi
from .model import Json
from .person import TINY_PNG, Group, Person


class PersonSide:
    """Routes below `/person/`; every POST body is JSON, every answer is JSON (pages aside)."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self.feeds: list[asyncio.Task[Any]] = []
        self.acts: dict[str, Callable[[Person, Json, Group | None], Any]] = {
            "start": lambda who, given, _: who.start(given.get("payload", "")),
            "write": lambda who, given, group: who.write(
                given["text"], group, given.get("topic"), given.get("reply_to")
            ),
            "tap": tap,
            "edit": lambda who, given, group: who.edit(given["message_id"], given["text"], group),
            "delete": lambda who, given, group: who.delete(given["message_id"], group),
            "block": lambda who, given, _: who.block(),
            "unblock": lambda who, given, _: who.unblock(),
            "deactivate": lambda who, given, _: who.delete_account(),
            "photo": lambda who, given, group: who.send_photo(
                data_of(given, TINY_PNG), given.get("caption", ""), group
            ),
            "voice": lambda who, given, group: who.send_voice(data_of(given, b"OggS"), group=group),
            "document": lambda who, given, group: who.send_document(
                data_of(given, b"text"), given.get("name", "file.txt"), given.get("caption", ""), group
            ),
            "contact": lambda who, given, group: who.send_contact(given["phone_number"], group),
            "forward": lambda who, given, group: who.forward(given["text"], given["author"], group),
            "raw": lambda who, given, group: who.send_raw(given["content"], group),
            "react": lambda who, given, group: who.react(given["message_id"], given.get("emoji", ""), group),
            "join": lambda who, given, group: who.join(needed(group), given.get("status", "member")),
            "leave": lambda who, given, group: who.leave(needed(group)),
            "topic": lambda who, given, group: {"topic": who.open_topic(given["name"], group)},
        }
        self.world_acts: dict[str, Callable[[Json], Any]] = {
            "people": self.new_person,
            "bots": self.new_bot,
            "groups": self.new_group,
            "faults": self.new_fault,
            "clock": self.move_clock,
            "feed": self.feed,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        parts = [part for part in request.path.removeprefix("/person/").split("/") if part]
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            return reply({"error": "other web pages may not act here"}, 403)
        try:
            if parts[:1] == ["page"]:
                return await page.handle(self.api, request, parts[1:])
            if request.method == "GET":
                return reply(self.look(parts, dict(request.query)))
            given = json.loads(await request.text() or "{}")
            return reply(self.act(parts, given))
        except (KeyError, IndexError, TypeError, ValueError, LookupError, RuntimeError) as problem:
            return reply({"error": f"{type(problem).__name__}: {problem}"}, 400)

    def act(self, parts: list[str], given: Json) -> Any:
        if len(parts) == 1:
            return self.world_acts[parts[0]](given)
        who = self.api.find_person(int(parts[0]), given.get("bot"))
        group = self.group(given.get("group"))
        return shown(self.acts[parts[1]](who, given, group))

    def group(self, number: int | str | None) -> Group | None:
        return Group(self.api.world, self.api.world.groups[int(number)]) if number else None

    def look(self, parts: list[str], query: dict[str, str]) -> Any:
        """queue, calls, warnings, people, or somebody's transcript."""
        api = self.api
        if parts == ["queue"]:
            return api.pending(query.get("bot"))
        if parts == ["calls"]:
            found = api.calls(query.get("method"), query.get("bot"))
            return [dataclasses.asdict(call) for call in found[int(query.get("since", "0")) :]]
        if parts == ["warnings"]:
            return api.warnings
        if parts == ["people"]:
            return [dataclasses.asdict(user) for user in api.world.users.values()]
        if parts == ["feed"]:
            return [shown(fed) for task in self.feeds if task.done() for fed in task.result()]
        if len(parts) == 2 and parts[1] == "transcript":
            who = api.find_person(int(parts[0]), query.get("bot"))
            return shown(who.transcript(self.group(query.get("group")), deleted=query.get("deleted") == "1"))
        raise LookupError(f"nothing at /person/{'/'.join(parts)}")

    def new_person(self, given: Json) -> Json:
        return {"id": self.api.person(**given).id}

    def new_bot(self, given: Json) -> Json:
        return {"token": self.api.add_bot(**given)}

    def new_group(self, given: Json) -> Json:
        owner = self.api.find_person(given.pop("owner"))
        return {"id": self.api.group(given.pop("title"), owner, **given).id}

    def new_fault(self, given: Json) -> Json:
        self.api.faults.add(**given)
        return {"planned": len(self.api.faults.planned)}

    def move_clock(self, given: Json) -> Json:
        self.api.jump(float(given["seconds"]))
        return {"now": self.api.now()}

    def feed(self, given: Json) -> Json:
        """Starts a feed in the background; `GET /person/feed` lists what finished feeds said."""
        self.feeds.append(asyncio.create_task(self.api.feed(**given)))
        return {"started": True}

    async def stop(self) -> None:
        for task in self.feeds:
            task.cancel()
        await asyncio.gather(*self.feeds, return_exceptions=True)


def tap(who: Person, given: Json, group: Group | None) -> Json:
    pressed = who.tap(given["button"], given.get("message_id"), group)
    return {"query": pressed.query.id if pressed.query else None, "url": pressed.url}


def needed(group: Group | None) -> Group:
    if group is None:
        raise ValueError("which group?")
    return group


def data_of(given: Json, default: bytes) -> bytes:
    return base64.b64decode(given["base64"]) if "base64" in given else default


def shown(result: Any) -> Any:
    if isinstance(result, list):
        return [shown(item) for item in result]
    return (
        dataclasses.asdict(result)
        if dataclasses.is_dataclass(result) and not isinstance(result, type)
        else result
    )


def reply(body: Any, status: int = 200) -> web.Response:
    text = json.dumps(body, ensure_ascii=False, default=str)
    return web.Response(status=status, text=text, content_type="application/json")
