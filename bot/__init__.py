"""The front door and the running house.

Lives here:  channels, accept -> turn -> post, the wiring, settings, the command line.
May import:  every room below. Nobody imports this one.
Never:       a decision that belongs to a room; a commit outside `storage.work`; a family's words in a log or an exception.
"""
