"""Locales: in which words, in which language, and whether those words are fit to be said.

Lives here:  PO files of each language, their sync with the sheets, checks, reviews, rendering, page texts.
May import:  dialogs (types, reader, fold), Babel, polib, weblate-language-data, jinja2's extractor.
Never:       a channel, a database, a network, a family's own words, English where another language is due.
"""
