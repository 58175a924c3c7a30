"""The gallery: what people open in a browser. Now the families' chat; desk and studio get rooms beside it.

Lives here:  routes, page templates and their static files (`pages/`), headers, sessions of the browser.
May import:  handoff, scheduler, locales, dialogs, storage; starlette, jinja2. Not bot, aiogram or telegram.
Never:       a decision about a talk (rows go into the inbox, nothing else), a visitor's address on disk or
             in a log, a family's words in a URL, inline script or style, anything from another origin.
"""
