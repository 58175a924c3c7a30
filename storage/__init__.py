"""Storage: what the house remembers, sealed, and how it forgets.

Lives here:  tables, migrations, the only commit, vault and keys, inbox, outbox, talks, editions, retention.
May import:  the standard library, sqlalchemy and its drivers, alembic, cryptography, pynacl; not the house.
Never:       a clock of its own (`now` is passed in), a family's word in clear, a key next to the data.
"""
