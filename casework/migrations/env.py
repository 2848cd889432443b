"""What Alembic runs: always on a connection that is given to it, in the transaction of whoever gave it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from casework.store.database import SealedColumn


def _written(kind: str, value: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations stay as they were when the code moves on, so they name no types of ours."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(value, SealedColumn) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_item=_written,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
