"""Every table of the house. What may be read in clear here is what a stolen disk would tell.

Rule 1: A family's words, ids and addresses are sealed (LargeBinary); codes, times and states are clear.
Rule 2: A table that belongs to one talk has a `conversation_id`: `keeping` finds it by that and forgets it.
Rule 3: A change here needs a migration; a test compares the two on both databases.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import SchemaItem

Insert = sqlite.Insert | postgresql.Insert


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC. A naive datetime is refused, because nobody can say when it was."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was about to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers its rows by INTEGER only


def _own_id() -> Column[int]:
    return Column("id", _Number, Identity(), primary_key=True)


def _talk(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "conversation_id", _Number, ForeignKey("conversations.id"), nullable=False, primary_key=primary_key
    )


def _word(name: str, *more: SchemaItem, default: str | None = None, null: bool = False) -> Column[str]:
    return Column(name, Text, *more, nullable=null, server_default=default)


def _moment(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, UTCDateTime, nullable=null)


def _sealed(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _one_of(column: str, *values: str | int) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _part(name: str, columns: Sequence[str], where: str, *, unique: bool = False) -> Index:
    """An index of the few rows that are still moving, so that it stays small for ever."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


_NUMBERED: dict[str, Any] = {"sqlite_autoincrement": True}  # an id is never given to a second family

editions = Table(
    "editions",
    metadata,
    Column("hash", Text, primary_key=True),
    _word("content"),
    _moment("made_at"),
    _word("approved_by"),
    Column("active", Boolean, nullable=False),
    _part("ix_editions_one_active", ["active"], "active", unique=True),
)

conversations = Table(
    "conversations",
    metadata,
    _own_id(),
    _word("channel"),
    _word("pid"),
    _word("kid"),
    _word("lang", default=""),
    _word("mode", default="script"),
    Column("edition", Text, ForeignKey("editions.hash"), nullable=True),
    _sealed("state", null=True),
    _word("keep", default=""),
    _word("zone", default=""),
    _word("country", default=""),
    _word("register", default=""),
    _moment("hidden_until", null=True),
    _moment("stopped_at", null=True),
    _moment("unreachable_at", null=True),
    Column("code_mac", LargeBinary, nullable=True),
    _sealed("code", null=True),
    _moment("created_at"),
    _moment("seen_at"),
    _moment("delete_after", null=True),
    UniqueConstraint("pid", "channel"),  # pid first: it is what we look for
    UniqueConstraint("code_mac"),
    _one_of("mode", "script", "waiting", "human", "closed"),
    _one_of("keep", "", "session", "keep", "follow"),
    Index(None, "delete_after"),
    **_NUMBERED,
)

addresses = Table("addresses", metadata, _talk(primary_key=True), _sealed("sealed"))

agreements = Table(
    "agreements",
    metadata,
    _talk(primary_key=True),
    Column("what", Text, primary_key=True),
    _word("version"),
    _word("lang"),
    _moment("at"),
)

cases = Table(
    "cases",
    metadata,
    _own_id(),
    _talk(),
    _word("queue"),
    _word("level"),
    _word("rules", default=""),
    _word("because", default=""),
    Column("urgent", Boolean, nullable=False),
    _word("state", default="waiting"),
    _moment("opened_at"),
    _moment("answer_by", null=True),
    _moment("closed_at", null=True),
    _word("claimed_by", null=True),
    _one_of("state", "waiting", "claimed", "closed"),
    Index(None, "conversation_id"),
    Index(None, "state", "answer_by"),
    **_NUMBERED,
)

# Promise 5 as a constraint: no free text is kept before this family agreed to the limits of anonymity.
texts = Table(
    "texts",
    metadata,
    _own_id(),
    Column("conversation_id", _Number, nullable=False),
    Column("case_id", _Number, ForeignKey("cases.id"), nullable=True),
    _word("agreed_to", default="limits"),
    _word("name"),
    _sealed("sealed"),
    _moment("at"),
    _one_of("agreed_to", "limits"),
    ForeignKeyConstraint(["conversation_id", "agreed_to"], ["agreements.conversation_id", "agreements.what"]),
    Index(None, "conversation_id", "agreed_to"),
    Index(None, "case_id"),
    **_NUMBERED,
)

inbox = Table(
    "inbox",
    metadata,
    _own_id(),
    _word("channel"),
    _word("outer_id"),
    Column("seq", BigInteger, nullable=False),
    _talk(),
    _word("kind"),
    _sealed("body", null=True),
    _word("message_ref", null=True),
    _word("state", default="open"),
    _count("attempts"),
    _moment("not_before", null=True),
    _word("why", null=True),
    _moment("at"),
    UniqueConstraint("channel", "outer_id"),
    _one_of("kind", "outer", "house"),
    _one_of("state", "open", "done", "parked"),
    Index(None, "conversation_id", "state"),
    _part("ix_inbox_open", ["id", "conversation_id", "not_before"], "state = 'open'"),
    **_NUMBERED,
)

outbox = Table(
    "outbox",
    metadata,
    _own_id(),
    _talk(),
    _word("key"),
    Column("lane", Integer, nullable=False),
    _word("kind"),
    _sealed("payload", null=True),
    _word("state", default="open"),
    _count("attempts"),
    _count("doubts"),  # how often nobody could say whether it had arrived
    _moment("not_before", null=True),
    _moment("lease_until", null=True),
    _word("lease_by", null=True),
    _word("outer_ref", null=True),
    _moment("at"),
    _moment("sent_at", null=True),
    UniqueConstraint("key"),
    _one_of("lane", 0, 1),
    _one_of("kind", "say", "safety", "handoff", "note", "clear"),
    _one_of("state", "open", "sending", "sent", "refused", "unknown", "dead"),
    Index(None, "conversation_id", "id"),
    _part("ix_outbox_open", ["lane", "id"], "state = 'open'"),
    _part("ix_outbox_unsent", ["conversation_id", "id"], "state IN ('open', 'sending')"),
    _part("ix_outbox_leases", ["lease_until"], "state = 'sending'"),
    **_NUMBERED,
)

follow_ups = Table(
    "follow_ups",
    metadata,
    _own_id(),
    _talk(),
    _word("plan"),
    Column("occurrence", Integer, nullable=False),
    _word("scene"),
    _word("wall"),  # YYYY-MM-DDTHH:MM, what the clock on their wall shows
    _word("zone"),
    _moment("due_at"),
    _word("state", default="waiting"),
    _word("reason", default=""),
    _count("attempts"),
    _moment("lease_until", null=True),
    _word("lease_by", null=True),
    UniqueConstraint("conversation_id", "plan", "occurrence"),
    _one_of("state", "waiting", "leased", "done", "cancelled", "dropped", "held"),
    Index(None, "state", "due_at"),
    **_NUMBERED,
)

# Keys that must be destroyed: written in the transaction that forgets, emptied after it.
shred = Table("shred", metadata, Column("kid", Text, primary_key=True), _moment("at"))

# Which ring of keys this database belongs to.
house = Table(
    "house", metadata, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False)
)

# Children before parents: the order in which a talk is forgotten.
OF_A_TALK: tuple[Table, ...] = tuple(
    table for table in reversed(metadata.sorted_tables) if "conversation_id" in table.c
)


def insert(dialect: str, table: Table) -> Insert:
    """An INSERT that may say what happens to a row that is there already (same words in both databases)."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
