"""The whole way of one family, through the door they use: Telegram by aiogram, the web chat by Chromium.

Lives here:  the road (taken from a transcript), the two families who walk it, and what must hold on the way.
May import:  everything. Never: a mock of a channel, a database or a browser.
"""
