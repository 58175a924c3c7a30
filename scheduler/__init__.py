"""Scheduler: the notes we promised to write later, and whether we may write now.

Lives here:  plans, follow-ups and their dates, the rules of quiet hours and windows, time zones, the clock.
May import:  storage; APScheduler (in clock only), holidays, tzdata, SQLAlchemy.
Never:       sends, lets a note out at night or after stop, keeps a due time outside its rows.
"""
