"""The first shape of the house: talks, letters, messages, cases, follow-ups, editions, and what to shred.

A released migration is never edited. It names its own types, so that it stays what it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

TABLES = (
    "texts",
    "outbox",
    "inbox",
    "follow_ups",
    "cases",
    "agreements",
    "addresses",
    "conversations",
    "shred",
    "house",
    "editions",
)


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def upgrade() -> None:
    _editions()
    _house()
    _shred()
    _conversations()
    _addresses()
    _agreements()
    _cases()
    _follow_ups()
    _inbox()
    _outbox()
    _texts()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_editions"),
    )
    op.create_index("ix_editions_one_active", "editions", ["active"], unique=True, **only("active"))


def _house() -> None:
    op.create_table(
        "house",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_house"),
    )


def _shred() -> None:
    op.create_table(
        "shred",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_shred"),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("pid", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="script", nullable=False),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("keep", sa.Text(), server_default="", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("register", sa.Text(), server_default="", nullable=False),
        sa.Column("hidden_until", MOMENT, nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.Column("unreachable_at", MOMENT, nullable=True),
        sa.Column("code_mac", sa.LargeBinary(), nullable=True),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("delete_after", MOMENT, nullable=True),
        sa.CheckConstraint(
            "keep IN ('', 'session', 'keep', 'follow')", name=op.f("ck_conversations_keep_known")
        ),
        sa.CheckConstraint(
            "mode IN ('script', 'waiting', 'human', 'closed')", name=op.f("ck_conversations_mode_known")
        ),
        sa.ForeignKeyConstraint(["edition"], ["editions.hash"], name="fk_conversations_edition"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("code_mac", name="uq_conversations_code_mac"),
        sa.UniqueConstraint("pid", "channel", name="uq_conversations_pid_channel"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_delete_after", "conversations", ["delete_after"])


def _addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_addresses_conversation_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_addresses"),
    )


def _agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_agreements_conversation_id"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "what", name="pk_agreements"),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), server_default="", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("answer_by", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'claimed', 'closed')", name=op.f("ck_cases_state_known")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_cases_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cases_conversation_id", "cases", ["conversation_id"])
    op.create_index("ix_cases_state_answer_by", "cases", ["state", "answer_by"])


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("wall", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'leased', 'done', 'cancelled', 'dropped', 'held')",
            name=op.f("ck_follow_ups_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_follow_ups_conversation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
        sa.UniqueConstraint(
            "conversation_id", "plan", "occurrence", name="uq_follow_ups_conversation_id_plan_occurrence"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_follow_ups_state_due_at", "follow_ups", ["state", "due_at"])


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outer_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("message_ref", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('outer', 'house')", name=op.f("ck_inbox_kind_known")),
        sa.CheckConstraint("state IN ('open', 'done', 'parked')", name=op.f("ck_inbox_state_known")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_inbox_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("channel", "outer_id", name="uq_inbox_channel_outer_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_conversation_id_state", "inbox", ["conversation_id", "state"])
    op.create_index(
        "ix_inbox_open", "inbox", ["id", "conversation_id", "not_before"], **only("state = 'open'")
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", MOMENT, nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("outer_ref", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('say', 'safety', 'handoff', 'note', 'clear')", name=op.f("ck_outbox_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'sending', 'sent', 'refused', 'unknown', 'dead')",
            name=op.f("ck_outbox_state_known"),
        ),
        sa.CheckConstraint("lane IN (0, 1)", name=op.f("ck_outbox_lane_known")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_outbox_conversation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_conversation_id_id", "outbox", ["conversation_id", "id"])
    op.create_index("ix_outbox_leases", "outbox", ["lease_until"], **only("state = 'sending'"))
    op.create_index("ix_outbox_open", "outbox", ["lane", "id"], **only("state = 'open'"))
    op.create_index(
        "ix_outbox_unsent", "outbox", ["conversation_id", "id"], **only("state IN ('open', 'sending')")
    )


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("conversation_id", NUMBER, nullable=False),
        sa.Column("case_id", NUMBER, nullable=True),
        sa.Column("agreed_to", sa.Text(), server_default="limits", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("agreed_to IN ('limits')", name=op.f("ck_texts_agreed_to_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_texts_case_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id", "agreed_to"],
            ["agreements.conversation_id", "agreements.what"],
            name="fk_texts_conversation_id_agreed_to",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_texts_case_id", "texts", ["case_id"])
    op.create_index("ix_texts_conversation_id_agreed_to", "texts", ["conversation_id", "agreed_to"])
