"""Promises of the local Bot API server, and its two unrelated witnesses: aiogram and python-telegram-bot."""
