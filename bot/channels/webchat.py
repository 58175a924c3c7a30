"""The web chat as a channel: the page reads the outbox itself, so sending means telling the open pages."""

import json

from bot.channels.port import Capabilities, Heard, Said, Tapped, Unreadable
from dialogs.events import Started, Wrote
from storage.outbox import Sending
from web.hub import Hub

WORDS = {"data": "my-data"}  # the page's short names for always-words, where they differ


class WebChat:
    name = "web"
    can = Capabilities(
        text_most=4096,
        buttons_most=100,
        sees="pieces.sees-web",
        clears="pieces.clears-web",
        clear_back=None,
        pushes=False,
        pace=0.0,
        pace_each=0.0,
    )

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def decode(self, body: bytes) -> Heard:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise Unreadable from None
        match told:
            case {"tap": str(token)}:
                return Tapped(token)
            case {"word": "start" | "return"}:
                return Started()
            case {"word": str(word)}:
                return Said(WORDS.get(word, word))
            case {"text": str(text)}:
                return Wrote(text)
        raise Unreadable

    async def send(self, sending: Sending) -> str | None:
        self.hub.tell(sending.conversation_id)
        return None

    async def clear(self, sending: Sending) -> None:
        self.hub.tell(sending.conversation_id)
