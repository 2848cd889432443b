"""The exchange with the bureau: what is in the outbox is sent, and the decisions that come back are applied once."""

from __future__ import annotations

import base64
import json
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework.cases.cases import Cases
from casework.cases.lifecycle import EVENTS, NotAllowed
from casework.cases.view import CaseView
from casework.exchange.signing import signed
from casework.people.documents import Documents, is_document
from casework.people.vault import Vault, is_token
from casework.store.cipher import CannotOpen
from casework.store.database import Sealed, context, now, reading
from casework.store.outbox import Claim, DecisionRow, claim, mark_dead, mark_delivered, mark_failed

logger = logging.getLogger("yunjiu.delivery")

IDEMPOTENCY_KEY = "Idempotency-Key"
MOST_ATTEMPTS = 72
"""With an hour at most between two, a bureau may be down for a weekend before its rows are given up."""
TIMEOUT_SECONDS = 10
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
_DOUBLINGS = 16
"""More than it takes to reach the longest wait, and few enough for a timedelta to hold."""
LONGEST_RETRY_AFTER = timedelta(days=1)
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Bureau:
    """Where filed and changed cases go, and the secret shared with it."""

    url: str
    secret: str


@dataclass(frozen=True)
class DeliveryRound:
    """How many rows were delivered, put off, and given up in one round."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(frozen=True)
class _Outcome:
    """Of one attempt.  Neither delivered nor to be tried again: dead."""

    delivered: bool = False
    again: bool = False
    error: str = ""
    wait: timedelta | None = None


class Courier:
    """Sends what is due.  Any number of them may work on one database at once."""

    def __init__(
        self,
        engine: Engine,
        sealed: Sealed,
        vault: Vault,
        documents: Documents,
        bureau: Bureau | None,
        clock: Callable[[], datetime] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """``chance`` gives the jitter, 0 to 1.  Without a bureau everything stays in the outbox."""
        self._engine = engine
        self._sealed = sealed
        self._vault = vault
        self._documents = documents
        self._bureau = bureau
        self._clock = clock or now
        self._chance = chance

    def deliver_due(self, most: int = 100) -> DeliveryRound:
        """Makes up to ``most`` attempts, one row at a time, so that no claim outlasts its lease."""
        if self._bureau is None:
            return DeliveryRound()
        counted = {"sent": 0, "failed": 0, "dead": 0}
        with requests.Session() as http:
            for _ in range(most):
                claimed = self._next()
                if claimed is None:
                    break
                counted[self._settle(claimed, self._attempt(http, self._bureau, claimed))] += 1
        return DeliveryRound(**counted)

    def _next(self) -> Claim | None:
        with Session(self._engine) as session, session.begin():
            return next(iter(claim(session, 1, self._clock())), None)

    def _attempt(self, http: requests.Session, bureau: Bureau, claimed: Claim) -> _Outcome:
        try:
            body = self._written_out(claimed)
        except KeyError:
            return _Outcome(error="a value or document was deleted")
        except CannotOpen:
            return _Outcome(again=True, error="sealed with a key that is not there")
        headers = {
            "Content-Type": "application/json",
            IDEMPOTENCY_KEY: claimed.key,
            **signed(bureau.secret, body, self._clock()),
        }
        try:
            # A redirect would carry people's data to where nobody configured; the answer's text is not needed.
            with http.post(
                bureau.url, body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True
            ) as answer:
                return self._judged(answer, claimed.key)
        except requests.RequestException as error:
            # The exception's own text may quote the address and more; its name says enough.
            return _Outcome(again=True, error=type(error).__name__)

    def _judged(self, answer: requests.Response, key: str) -> _Outcome:
        status = answer.status_code
        if 200 <= status < 300 or (status == 409 and answer.headers.get(IDEMPOTENCY_KEY) == key):
            return _Outcome(delivered=True)
        again = status in _TRY_AGAIN or status >= 500
        return _Outcome(again=again, error=f"HTTP {status}", wait=self._asked_to_wait(answer) if again else None)

    def _asked_to_wait(self, answer: requests.Response) -> timedelta | None:
        """Retry-After, in seconds or as a date; None where it says nothing that can be read."""
        text = answer.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return timedelta(seconds=min(int(text[:9]), LONGEST_RETRY_AFTER.total_seconds()))
        try:
            until = parsedate_to_datetime(text).astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return None
        return min(max(until - self._clock(), timedelta()), LONGEST_RETRY_AFTER)

    def _settle(self, claimed: Claim, outcome: _Outcome) -> str:
        """Writes down how the attempt went; gives the name of its count in :class:`DeliveryRound`."""
        at = self._clock()
        with Session(self._engine) as session, session.begin():
            if outcome.delivered:
                mark_delivered(session, claimed, at)
                return "sent"
            logger.warning("not delivered kind=%s attempt=%d: %s", claimed.kind, claimed.attempts, outcome.error)
            if outcome.again and claimed.attempts < MOST_ATTEMPTS:
                mark_failed(session, claimed, outcome.error, at + (outcome.wait or self._back_off(claimed.attempts)))
                return "failed"
            mark_dead(session, claimed, outcome.error, at)
            return "dead"

    def _back_off(self, attempts: int) -> timedelta:
        """Exponential with full jitter, so that what failed together does not come back together."""
        longest: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, _DOUBLINGS), LONGEST_WAIT)
        return max(longest * self._chance(), timedelta(seconds=1))

    def _written_out(self, claimed: Claim) -> bytes:
        """The JSON that is sent.  The key is repeated in it because the signature covers only the body."""
        opened = self._open(claimed.opened(self._sealed))
        letter = {"key": claimed.key, "kind": claimed.kind, "body": opened}
        return json.dumps(letter, ensure_ascii=False).encode("utf-8", "replace")

    def _open(self, value: Any) -> Any:
        """The value with the tokens in it replaced by what they stand for; KeyError if that is gone."""
        match value:
            case dict():
                return {name: self._open(each) for name, each in value.items()}
            case list():
                return [self._open(each) for each in value]
            case str() if is_token(value):
                return self._vault.get(value)
            case str() if is_document(value):
                document = self._documents.get(value)
                content = base64.b64encode(document.content).decode()
                return {"name": document.name, "media_type": document.media_type, "content": content}
        return value


@dataclass(frozen=True)
class Decision:
    """What the bureau decided on a case.  ``id`` is the bureau's own and unique."""

    id: str
    reference: str
    action: str
    missing: str | None = None
    reason: str | None = None


class UnknownCase(Exception):
    """No case has that reference."""


class DecisionReused(Exception):
    """Another decision came under the same id before."""


class Decisions:
    """Applies each decision once, however often and however concurrently it is sent."""

    def __init__(
        self, engine: Engine, sealed: Sealed, cases: Cases, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._engine = engine
        self._sealed = sealed
        self._cases = cases
        self._clock = clock or now

    def apply(self, decision: Decision) -> dict[str, Any]:
        """The answer to the bureau: ``id``, ``reference`` and the case's ``status``; the same on every replay.

        Raises UnknownCase, NotAllowed or DecisionReused.  What was refused is not remembered: it changed nothing,
        and may be sent again under its id.  The case's transaction is its own, so a crash or the same decision
        sent twice at once can fall between it and ours; the case's history then tells that it was applied.
        """
        if self._cases.by_reference(decision.reference) is None:
            raise UnknownCase
        since, answer = self._take(decision)
        if answer is not None:
            return answer
        try:
            view = self._cases.act(decision.reference, decision.action, "bureau", "bureau", _details(decision))
        except NotAllowed:
            applied = self._applied(decision, since)
            if applied is None:
                self._let_go(decision)
                raise
            view = applied
        return self._answered(decision, {"id": decision.id, "reference": view.reference, "status": view.status})

    def _take(self, decision: Decision) -> tuple[datetime, dict[str, Any] | None]:
        """When it first came, and what it was answered, if it was."""
        content, place, at = asdict(decision), context("bureau_decision", decision.id), self._clock()
        try:
            with Session(self._engine) as session, session.begin():
                body = self._sealed.close(content, place)
                session.add(DecisionRow(decision=decision.id, body=body, at=at))
            return at, None
        except IntegrityError:
            with reading(self._engine) as session:
                row = session.scalar(select(DecisionRow).where(DecisionRow.decision == decision.id))
        if row is None:  # refused and let go by another request at this moment
            return self._take(decision)
        if self._sealed.open(row.body, place) != content:
            raise DecisionReused
        return row.at, None if row.answer is None else self._sealed.open(row.answer, place)

    def _applied(self, decision: Decision, since: datetime) -> CaseView | None:
        """The case, if the bureau has done to it what the decision says, since the decision first came."""
        view = self._cases.by_reference(decision.reference)
        event = next(name for action, name in EVENTS.items() if action == decision.action)
        done = view is not None and any(
            each.kind == event and each.role == "bureau" and each.at >= since for each in view.history
        )
        return view if done else None

    def _let_go(self, decision: Decision) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(
                delete(DecisionRow).where(DecisionRow.decision == decision.id, DecisionRow.answer.is_(None))
            )

    def _answered(self, decision: Decision, answer: dict[str, Any]) -> dict[str, Any]:
        sealed = self._sealed.close(answer, context("bureau_decision", decision.id))
        with Session(self._engine) as session, session.begin():
            session.execute(
                update(DecisionRow)
                .where(DecisionRow.decision == decision.id, DecisionRow.answer.is_(None))
                .values(answer=sealed)
            )
        return answer


def _details(decision: Decision) -> Mapping[str, str]:
    given = {"missing": decision.missing, "reason": decision.reason}
    return {name: words for name, words in given.items() if words is not None}
