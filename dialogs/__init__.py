"""Dialogs: what is said, in which order, and why.

Lives here:  the sheets (`scripts/*.md`), the reader, the writer, the checker, the pure engine, the player.
May import:  the standard library, markdown-it-py (tokens), rapidfuzz (near matches). Nothing of the house.
Never:       a clock, a random number, a database, a network, an opened file, an exception for bad input.
"""
