"""The house as a building: its rooms, floors, papers and locks, as anybody finds them in a fresh copy.

Lives here:  guards over the whole tree that need no running house.
May import:  everything. Never: a guard about what a family reads; those live with the words.
"""
