"""The command line as an operator, a coordinator and a translator meet it.

Lives here:  real processes of `beside ...` in folders of their own, and what they print, answer and return.
May import:  everything. Never: a command called by its function instead of its name.
"""
