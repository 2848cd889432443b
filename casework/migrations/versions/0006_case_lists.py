"""casework: lists of cases that stay fast"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LISTED = {
    "case_list": (),
    "case_list_by_kind": ("application",),
    "case_list_by_prefecture": ("prefecture",),
    "case_list_by_prefecture_and_kind": ("prefecture", "application"),
    "case_list_by_county": ("county",),
    "case_list_by_county_and_kind": ("county", "application"),
}
DUE = {
    "case_due_by_kind": ("application",),
    "case_due_by_prefecture": ("prefecture",),
    "case_due_by_prefecture_and_kind": ("prefecture", "application"),
    "case_due_by_county": ("county",),
}
TIMED = sa.text("due_on IS NOT NULL")


def upgrade() -> None:
    op.add_column("case", sa.Column("prefecture", sa.String(length=4), server_default="", nullable=False))
    case = sa.table("case", sa.column("county", sa.String), sa.column("prefecture", sa.String))
    op.execute(case.update().where(case.c.county.is_not(None)).values(prefecture=sa.func.substr(case.c.county, 1, 4)))
    op.create_index("case_by_identity", "case", ["identity_hash"])
    for name, columns in LISTED.items():
        op.create_index(name, "case", [*columns, "status", "filed_on", "id"])
    for name, columns in DUE.items():
        op.create_index(name, "case", [*columns, "due_on", "id"], sqlite_where=TIMED, postgresql_where=TIMED)


def downgrade() -> None:
    for name in ("case_by_identity", *LISTED, *DUE):
        op.drop_index(name, "case")
    op.drop_column("case", "prefecture")
