"""Databases as a released version left them. Never made again: today's code must read them for ever."""
