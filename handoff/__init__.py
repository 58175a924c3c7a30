"""Handoff: when a person takes over, who, how soon, and what may be promised.

Lives here:  operators, hours and promises, levels, emergency cards, services, cases, summaries.
May import:  dialogs and storage; opening-hours-py, holidays, SQLAlchemy; in the desk bot python-telegram-bot.
Never:       alerts anyone outside the desk, invents a number or an hour, lowers a level by itself.
"""
