"""Conversations as the engine remembers them: the live ones in memory, all in SQL, the cost of a turn bounded.

Rasa's own SQL store reads, counts and replays all events of a conversation at every turn.  Here a conversation
that goes on is kept as it is, what is new is appended, and only its last turns are held: what came before them is
summed up in the slots and the active form, which is all that Rasa's rules can see of it.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Text

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

INTENT: ContextVar[Optional[Text]] = ContextVar("yunjiu_intent", default=None)
"""What the turn under way was taken for, once it is saved."""
MOST_LIVE = 200
"""So many conversations are kept in memory; who comes back later is read again."""
MOST_EVENTS = 100
"""A tracker that has grown beyond this is cut back."""
FEWEST_EVENTS = 60
"""What a cut leaves at least: the last eight turns or so."""


@dataclass
class _Live:
    """A tracker as it was saved last, and the row of the last event then."""

    tracker: DialogueStateTracker
    row: int

    def is_as_saved(self, row: Optional[int]) -> bool:
        """Neither has another process written meanwhile, nor was a turn broken off after it had changed the tracker."""
        return row == self.row and bool(self.tracker.events) and self.tracker.events[-1] is _saved(self.tracker)


class LiveTracker(DialogueStateTracker):
    """Copies its state, where Rasa's copies replay the conversation; one is made for every action of a turn."""

    def copy(self) -> LiveTracker:
        """As replaying would make it; what is kept of how it was saved is not copied."""
        made = copy(self)
        made.events = copy(self.events)
        made.slots = {name: copy(slot) for name, slot in self.slots.items()}
        made.active_loop = copy(self.active_loop)
        made.latest_action = copy(self.latest_action)
        made.__dict__.pop("saved", None)
        return made


class LiveTrackerStore(SQLTrackerStore):
    """Rasa's SQL store with three more things: kept trackers, bounded ones, and to be forgotten.

    ``db`` is a SQLite file, or the SQLAlchemy URL of a PostgreSQL database (``postgresql://…``).
    """

    def __init__(self, domain: Optional[Domain] = None, **options: Any) -> None:
        super().__init__(domain, **_at_its_address(options))
        self._live: OrderedDict[Text, _Live] = OrderedDict()
        events = self.SQLEvent.__table__
        self._insert = events.insert()
        self._last_row = sa.select(sa.func.max(events.c.id)).where(events.c.sender_id == sa.bindparam("sender"))
        if self.engine.dialect.name == "sqlite":
            self._keep_connections()
        else:
            self._check_connections()

    def _keep_connections(self) -> None:
        """A file's connection is otherwise opened, and its log folded back into the file, at every turn."""
        self.engine.dispose()
        self.engine = sa.create_engine(self.engine.url, poolclass=QueuePool, connect_args={"check_same_thread": False})
        sa.event.listen(self.engine, "connect", _tune_sqlite)
        self.sessionmaker.configure(bind=self.engine)

    def _check_connections(self) -> None:
        """Those that a restarted server left dead are replaced, instead of failing a turn each."""
        self.engine.dispose()
        self.engine = sa.create_engine(self.engine.url, pool_pre_ping=True, hide_parameters=True)
        self.sessionmaker.configure(bind=self.engine)

    def init_tracker(self, sender_id: Text) -> DialogueStateTracker:
        return LiveTracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The kept tracker if it is still true, else its last turns as they are stored; None where there is none."""
        with self.engine.connect() as connection:
            row = connection.scalar(self._last_row, {"sender": sender_id})
        live = self._live.get(sender_id)
        if live is not None and live.is_as_saved(row):
            self._live.move_to_end(sender_id)
            return live.tracker
        self._live.pop(sender_id, None)
        if row is None:
            return None
        with self.session_scope() as session:
            tracker = self._tracker(sender_id, self._last_events(session, sender_id))
        self._keep(tracker, row)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new, in one transaction."""
        INTENT.set(tracker.latest_message.intent.get("name") if tracker.latest_message else None)
        await self.stream_events(tracker)
        rows = [_row(tracker.sender_id, event) for event in self._new_events(tracker)]
        if not rows:
            return
        with self.engine.begin() as connection:
            if rows[:-1]:
                connection.execute(self._insert, rows[:-1])
            last = connection.execute(self._insert, rows[-1]).inserted_primary_key[0]
        if len(tracker.events) > MOST_EVENTS:
            tracker = self._tracker(tracker.sender_id, shortened(list(tracker.events)))
        self._keep(tracker, last)

    async def delete(self, sender_id: Text) -> None:
        """Removes all events of the conversation; one that is not there is no error."""
        self._live.pop(sender_id, None)
        with self.session_scope() as session:
            session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()

    def _keep(self, tracker: DialogueStateTracker, row: int) -> None:
        tracker.saved = tracker.events[-1]
        self._live[tracker.sender_id] = _Live(tracker, row)
        self._live.move_to_end(tracker.sender_id)
        while len(self._live) > MOST_LIVE:
            self._live.popitem(last=False)

    def _new_events(self, tracker: DialogueStateTracker) -> List[Event]:
        """Those after what was saved last; all of a tracker that this store has not given out (a new one)."""
        saved = _saved(tracker)
        if saved is None:
            with self.session_scope() as session:
                return list(self._additional_events(session, tracker))
        new: List[Event] = []
        for event in reversed(tracker.events):
            if event is saved:
                break
            new.append(event)
        return new[::-1]

    def _tracker(self, sender_id: Text, events: Sequence[Event]) -> DialogueStateTracker:
        return LiveTracker.from_events(sender_id, list(events), self.domain.slots)

    def _last_events(self, session: Session, sender_id: Text) -> List[Event]:
        """The end of the conversation, with what was in force before it."""
        of_sender = session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id)
        tail = of_sender.order_by(self.SQLEvent.id.desc()).limit(MOST_EVENTS).all()[::-1]
        if len(tail) < MOST_EVENTS:
            return _events(tail)
        before = of_sender.filter(self.SQLEvent.id < tail[0].id)
        started = before.filter(self.SQLEvent.type_name == SessionStarted.type_name)
        floor = started.with_entities(sa.func.max(self.SQLEvent.id)).scalar() or 0
        stateful = (SlotSet.type_name, ActiveLoop.type_name)
        slot = sa.case((self.SQLEvent.type_name == SlotSet.type_name, self.SQLEvent.action_name))
        latest = (
            before.filter(self.SQLEvent.type_name.in_(stateful), self.SQLEvent.id > floor)
            .with_entities(sa.func.max(self.SQLEvent.id))
            .group_by(self.SQLEvent.type_name, slot)
        )
        state = of_sender.filter(self.SQLEvent.id.in_([row for (row,) in latest])).order_by(self.SQLEvent.id)
        return shortened([*_events(state), *_events(tail)])


def shortened(events: Sequence[Event]) -> List[Event]:
    """The last turns, begun where Rasa waited for one, after the slots and the form that were in force there."""
    waits = [
        index
        for index, event in enumerate(events[: max(0, len(events) - FEWEST_EVENTS)])
        if isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME
    ]
    if not waits:
        return list(events)
    return [*in_force(events[: waits[-1]]), *events[waits[-1] :]]


def in_force(events: Sequence[Event]) -> List[Event]:
    """The last value of each slot and the last form, in the order in which they came."""
    kept: dict[Text, Event] = {}
    for event in events:
        if isinstance(event, SessionStarted):
            kept.clear()
        elif isinstance(event, (SlotSet, ActiveLoop)):
            name = f"slot {event.key}" if isinstance(event, SlotSet) else "form"
            kept.pop(name, None)
            kept[name] = event
    return list(kept.values())


def _events(rows: Any) -> List[Event]:
    return deserialise_events([json.loads(row.data) for row in rows])


def _row(sender_id: Text, event: Event) -> dict[Text, Any]:
    """As Rasa's own store writes it."""
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data, ensure_ascii=False),
    }


def _at_its_address(options: dict[Text, Any]) -> dict[Text, Any]:
    """Rasa takes a whole URL in the place of the host."""
    address = str(options.get("db") or "")
    return {**options, "host": address} if "://" in address else options


def _saved(tracker: DialogueStateTracker) -> Optional[Event]:
    return getattr(tracker, "saved", None)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Writers and readers do not wait for each other, and every commit still reaches the disk."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")
