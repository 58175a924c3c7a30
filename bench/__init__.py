"""The bench: what one turn of a family's talk costs, beside a bare bot that keeps nothing, in the same run.

Lives here:  the walk both take, the house under load, the peer, the stop watch, the table.
May import:  everything of the house, and the tests' PostgreSQL; it is never part of the image.
Never:       a number that was not measured in this run, a row whose answers were not counted, a gate.
"""
