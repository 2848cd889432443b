"""Conversations as the engine remembers them, and how it forgets one."""

from __future__ import annotations

from typing import Text

from rasa.core.tracker_store import SQLTrackerStore


class ForgettingTrackerStore(SQLTrackerStore):
    """Rasa's SQL store with the one thing that people may ask for and it lacks: to be forgotten."""

    async def delete(self, sender_id: Text) -> None:
        """Removes all events of the conversation; one that is not there is no error."""
        with self.session_scope() as session:
            session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()
