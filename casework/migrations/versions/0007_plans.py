"""casework: plans"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "person_id", sa.Integer(), sa.ForeignKey("person.id", ondelete="CASCADE"), nullable=False, unique=True
        ),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("plan")
