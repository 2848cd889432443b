"""casework: who owns a conversation, and when people are there to take one over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversation", sa.Column("owner", sa.String(length=8), server_default="bot", nullable=False))
    op.add_column("conversation", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE conversation SET sequence = "
        "coalesce((SELECT max(turn.sequence) FROM turn WHERE turn.conversation_id = conversation.id), 0)"
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=True),
        sa.Column("county", sa.String(length=12), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sender"),
    )
    op.create_index("handover_by_agent", "handover", ["agent", "asked_at"])
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("opening_hours")
    op.drop_table("handover")
    op.drop_column("conversation", "sequence")
    op.drop_column("conversation", "owner")
