"""Nothing is lost when the machine dies: the real house is killed, again and again, under load.

Lives here:  the nursery that starts houses quickly, and the test that kills them.
May import:  everything. Never: a mock; the house that dies is the one families meet.
"""
