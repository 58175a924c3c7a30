"""A plain chat page, so that somebody can talk to the bot by hand. No scripts; right-to-left by content."""

from __future__ import annotations

import html
from typing import Any

from aiohttp import web

from .model import Bot
from .person import TINY_PNG, Line, Person

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
ol { list-style: none; padding: 0; display: flex; flex-direction: column; gap: .5rem }
li { padding: .5rem .8rem; border-radius: .8rem; max-width: 85%; white-space: pre-wrap;
  border: 1px solid #8886 }
li.bot { align-self: flex-start } li.person { align-self: flex-end; background: #2a72 }
li small { display: block; opacity: .7 } form { display: inline }
iframe { width: 100%; height: 60vh; border: 1px solid #8886 }
input[type=text] { width: 70%; font: inherit; padding: .4rem } button { font: inherit; padding: .3rem .7rem }
"""
FIELD = '<input type="text" name="text" dir="auto" autofocus aria-label="Message">'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
HEADERS = {"Content-Security-Policy": POLICY}


async def handle(api: Any, request: web.Request, parts: list[str]) -> web.Response:
    """`/person/page`, `/person/page/<id>`, `/person/page/<id>/messages`; POST acts and comes back."""
    if request.method == "POST":
        fields = {name: str(value) for name, value in (await request.post()).items()}
        raise web.HTTPSeeOther(act(api, parts, fields))
    if not parts:
        return document("Who are you?", people(api))
    bot = api.bot(request.query.get("bot"))
    who = api.find_person(int(parts[0]), bot.token)
    if parts[1:] == ["messages"]:
        return document("Chat", messages(who, bot), refresh=2)
    return document(f"{who.user.first_name} and @{bot.username}", chat(who, bot))


def act(api: Any, parts: list[str], fields: dict[str, str]) -> str:
    """Does what a form asks; the address to show next."""
    if not parts:
        who = api.person(fields.get("first_name") or "Amal", fields.get("language_code") or None)
        return f"/person/page/{who.id}"
    bot = api.bot(fields.get("bot") or None)
    who = api.find_person(int(parts[0]), bot.token)
    deed = fields.get("do", "")
    if deed == "start":
        who.start(fields.get("payload", ""))
    elif deed == "write" and fields.get("text"):
        who.write(fields["text"])
    elif deed == "tap":
        who.tap(fields["button"], int(fields["message_id"]))
    elif deed == "photo":
        who.send_photo(TINY_PNG)
    elif deed == "block":
        who.unblock() if who.chat().blocked else who.block()
    elif deed == "delete":
        who.delete(int(fields["message_id"]))
    where = f"/person/page/{who.id}{'/messages' if deed in {'tap', 'delete'} else ''}"
    return f"{where}?bot={bot.username}"


def document(title: str, body: str, refresh: int = 0) -> web.Response:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
        f"<title>{html.escape(title)}</title>"
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


def form(where: str, bot: Bot, deed: str, inside: str) -> str:
    return (
        f'<form method="post" action="{where}">'
        f'<input type="hidden" name="bot" value="{html.escape(bot.username)}">'
        f'<input type="hidden" name="do" value="{deed}">{inside}</form> '
    )


def people(api: Any) -> str:
    known = "".join(
        f'<li><a href="/person/page/{user.id}?bot={bot.username}"><bdi>{html.escape(user.first_name)}</bdi>'
        f" with @{html.escape(bot.username)}</a></li>"
        for user in api.world.users.values()
        for bot in api.world.bots.values()
    )
    return (
        f"<h1>Who are you?</h1><ul>{known}</ul><form method='post' action='/person/page'>"
        '<label>First name <input type="text" name="first_name" value="Amal" dir="auto"></label> '
        '<label>App language <input type="text" name="language_code" value="ar" size="3"></label> '
        "<button>Come in</button></form>"
    )


def chat(who: Person, bot: Bot) -> str:
    where = f"/person/page/{who.id}"
    blocked = who.chat().blocked
    return (
        f"<h1><bdi>{html.escape(who.user.first_name)}</bdi> and @{html.escape(bot.username)}</h1>"
        f'<iframe title="Messages" src="{where}/messages?bot={html.escape(bot.username)}"></iframe>'
        + form(where, bot, "write", f"{FIELD}<button>Send</button>")
        + form(where, bot, "start", "<button>Start</button>")
        + form(where, bot, "photo", "<button>Send a photo</button>")
        + form(where, bot, "block", f"<button>{'Unblock' if blocked else 'Block'}</button>")
    )


def messages(who: Person, bot: Bot) -> str:
    rows = "".join(bubble(line, who, bot) for line in who.transcript())
    return f"<ol>{rows}</ol><p id='end'></p>"


def bubble(line: Line, who: Person, bot: Bot) -> str:
    where = f"/person/page/{who.id}"
    number = f'<input type="hidden" name="message_id" value="{line.id}">'
    buttons = ""
    for labels, values in zip(line.buttons, line.data, strict=True):
        for label, value in zip(labels, values, strict=True):
            given = html.escape(value or label)
            press = f'<button dir="auto" name="button" value="{given}">{html.escape(label)}</button>'
            buttons += form(where, bot, "tap", number + press)
    marks = (("edited", line.edited), ("silent", line.silent), ("protected", line.protected))
    notes = " · ".join(name for name, there in marks if there)
    own = "" if line.from_bot else form(where, bot, "delete", f"{number}<button>Delete</button>")
    kind = "" if line.kind == "text" else f"[{html.escape(line.kind)}] "
    return (
        f'<li class="{"bot" if line.from_bot else "person"}" dir="auto">{kind}{html.escape(line.text)}'
        f"<small>{notes}</small>{buttons}{own}</li>"
    )
