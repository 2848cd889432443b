"""Two of everything behind nginx, 200 people at once, and one plug after another pulled while they talk.

YUNJIU_CLUSTER_CONVERSATIONS=1000 makes it a longer one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from casework.conversations.log import ASSISTANT, PERSON
from examples.bureau_receiver.__main__ import decide
from tests.casework.conftest import Postgres, postgres  # noqa: F401  # a fixture
from tests.scale.cluster import APPS, BUREAU_SECRET, ENGINES, ROOT, WORKERS, Cluster
from tests.scale.crowd import Crowd, Talker, asks, begins_a_filing, crowd_before, fields_of, files, reference_of

AT_ONCE = 200
CONVERSATIONS = int(os.environ.get("YUNJIU_CLUSTER_CONVERSATIONS", str(AT_ONCE)))
FILINGS = max(10, CONVERSATIONS // 20)
BEGUN = CONVERSATIONS // 5
TURNS = 4
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def cluster(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:  # noqa: F811
    assert (ROOT / "models" / "yunjiu.tar.gz").exists(), "no trained model: run `make train`"
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), postgres)
    try:
        cluster.start_all()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def talkers(cluster: Cluster) -> list[Talker]:
    """All of them, once everybody has said everything and got an answer to it."""
    return asyncio.run(everybody(cluster))


async def everybody(cluster: Cluster) -> list[Talker]:
    async with crowd_before(cluster.url) as crowd:
        talkers = [Talker(crowd, number) for number in range(CONVERSATIONS)]
        random.Random(57).shuffle(coming := list(talkers))
        places = asyncio.Semaphore(AT_ONCE)
        began = time.monotonic()
        plugs = asyncio.gather(pull_plugs(cluster, crowd), pull_the_workers(cluster))
        try:
            async with asyncio.TaskGroup() as group:
                for talker in coming:
                    group.create_task(talk(talker, places))
        except BaseException:
            cluster.bureau.first_is_kept.set()  # nobody waits for a letter any more
            raise
        seconds = time.monotonic() - began
        print(f"\n{crowd.answered} requests in {seconds:.1f} s, the slowest took {crowd.slowest:.1f} s")
        print(f"sent again: {dict(crowd.repeated)}")
        await plugs
    return talkers


async def talk(talker: Talker, places: asyncio.Semaphore) -> None:
    async with places:
        if talker.number < FILINGS:
            await files(talker)
        elif talker.number < FILINGS + BEGUN:
            await begins_a_filing(talker)
        else:
            await asks(talker)


async def pull_plugs(cluster: Cluster, crowd: Crowd) -> None:
    """Each at a share of the turns of 200 people; what is killed comes back as its supervisor would bring it."""
    plugs = {
        0.35: lambda: cluster.restart(ENGINES[0]),
        0.45: lambda: cluster.restart("redis"),
        0.55: lambda: cluster.restart(APPS[0]),
        0.65: cluster.postgres.restart,
    }
    for number in range(0, CONVERSATIONS, AT_ONCE):
        for share, pull in plugs.items():
            await crowd.reaches(int((number + share * AT_ONCE) * TURNS))
            await asyncio.to_thread(pull)


async def pull_the_workers(cluster: Cluster) -> None:
    """While the bureau has a letter, and they do not know yet that it has."""
    assert await asyncio.to_thread(cluster.bureau.first_is_kept.wait, CONVERSATIONS), "no letter was sent"
    for worker in WORKERS:
        await asyncio.to_thread(cluster.restart, worker)
    cluster.bureau.gate.set()


def test_everybody_is_answered_once_and_in_order(cluster: Cluster, talkers: list[Talker]) -> None:
    log = cluster.desk.log
    for talker in talkers:
        turns = log.after(log.key(talker.conversation), 0)
        assert [turn.sequence for turn in turns] == list(range(1, len(turns) + 1))
        failed = [turn for turn in turns if turn.messages and turn.messages[0]["kind"] == "error"]
        kept = [turn for turn in turns if turn not in failed]
        assert [turn.author for turn in kept] == [PERSON, ASSISTANT] * len(talker.said)
        assert [turn.message_id for turn in kept] == [each for each in talker.said for _ in range(2)]
        logged = [[(each["kind"], each["field"], each["measures"]) for each in turn.messages] for turn in kept[1::2]]
        assert logged == [[(each["kind"], each["field"], each["measures"]) for each in one] for one in talker.heard]


def test_the_form_asked_everybody_the_same_and_nothing_twice(talkers: list[Talker]) -> None:
    whole = fields_of(talkers[0])
    assert len(set(whole)) == len(whole) > 10
    for talker in talkers[:FILINGS]:
        assert fields_of(talker) == whole
    for talker in talkers[FILINGS : FILINGS + BEGUN]:
        assert fields_of(talker) == whole[: len(talker.said)]


def test_the_turns_of_a_conversation_went_to_both_apps_and_both_engines(
    cluster: Cluster, talkers: list[Talker]
) -> None:
    at_both = sum(len({each.rpartition(", ")[2] for each in talker.apps}) == 2 for talker in talkers)
    assert at_both > CONVERSATIONS / 4
    served = [(cluster.folder / f"{engine}.log").read_text().count(" turn intent=") for engine in ENGINES]
    assert min(served) > CONVERSATIONS / 4, served


def test_each_filing_is_one_case_and_reached_the_bureau_once(cluster: Cluster, talkers: list[Talker]) -> None:
    references = [reference_of(talker) for talker in talkers[:FILINGS]]
    desk = cluster.desk
    for talker, reference in zip(talkers, references, strict=False):
        person = desk.people.of(desk.log.sender(desk.log.key(talker.conversation)))
        assert [case.reference for case in desk.cases.of_person(person)] == [reference]
    with cluster.database.begin() as connection:
        assert connection.scalar(text('SELECT count(*) FROM "case"')) == FILINGS
        # What a worker had claimed when it was killed is another's five minutes later: they are over now.
        connection.execute(text("UPDATE outbox SET claimed_until = NULL"))
    wait_for_the_outbox(cluster)
    assert sorted(letters(cluster)) == sorted(references)
    assert len(cluster.bureau.tried) > FILINGS, "no letter was sent again"


def test_two_apps_tell_a_decision_once(cluster: Cluster, talkers: list[Talker]) -> None:
    """The bureau sends each decision to both apps; both are then asked for news, over and over at once."""
    asyncio.run(decide_and_ask(cluster, talkers[:FILINGS]))
    log = cluster.desk.log
    for talker in talkers[:FILINGS]:
        turns = log.after(log.key(talker.conversation), 0)
        news = [each for turn in turns for each in turn.messages if each["kind"] == "notice" and each["reference"]]
        assert [each["reference"] for each in news] == [reference_of(talker)]


async def decide_and_ask(cluster: Cluster, filed: list[Talker]) -> None:
    async def one(http: httpx.AsyncClient, talker: Talker) -> None:
        decision = {"id": uuid.uuid4().hex, "reference": reference_of(talker), "action": "accept"}
        apps = [cluster.url_of(app) for app in APPS]
        answers = await asyncio.gather(*(asyncio.to_thread(decide, app, BUREAU_SECRET, decision) for app in apps))
        assert [status for status, _ in answers] == [200, 200], answers
        news = [f"{app}/api/v1/web/conversations/{talker.conversation}/news" for app in apps * 3]
        replies = await asyncio.gather(*(http.get(each) for each in news))
        told = [each["reference"] for reply in replies for each in reply.json()["messages"]]
        assert told == [reference_of(talker)]

    async with httpx.AsyncClient(timeout=60) as http, asyncio.TaskGroup() as group:
        for talker in filed:
            group.create_task(one(http, talker))


def test_two_workers_forget_the_old_at_once(cluster: Cluster, talkers: list[Talker]) -> None:
    """With all that is kept of them, also in the engines, though one of the workers is killed meanwhile."""
    desk = cluster.desk
    senders = [desk.log.sender(desk.log.key(talker.conversation)) for talker in talkers[FILINGS:][:60]]
    with cluster.database.begin() as connection:
        old = text("UPDATE conversation SET last_seen = last_seen - interval '200 days' WHERE sender = ANY(:senders)")
        connection.execute(old, {"senders": senders})
        assert remaining(cluster, senders)["events"] > 0
    for worker in WORKERS:
        cluster.restart(worker)
    until = time.monotonic() + PATIENCE_SECONDS
    while len(senders) == (left := remaining(cluster, senders))["conversation"]:
        assert time.monotonic() < until, left
    cluster.restart(WORKERS[0])
    while any((left := remaining(cluster, senders)).values()):
        assert time.monotonic() < until, left
        time.sleep(0.1)
    with cluster.database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM conversation")) == CONVERSATIONS - len(senders)


def remaining(cluster: Cluster, senders: list[str]) -> dict[str, int]:
    places = {"conversation": "sender", "person": "conversation", "events": "sender_id", "errand": "conversation"}
    with cluster.database.connect() as connection:
        return {
            table: connection.scalar(
                text(f"SELECT count(*) FROM {table} WHERE {column} = ANY(:senders)"), {"senders": senders}
            )
            or 0
            for table, column in places.items()
        }


def wait_for_the_outbox(cluster: Cluster) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    waiting = text("SELECT count(*), max(last_error) FROM outbox WHERE delivered_at IS NULL")
    with cluster.database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while (left := connection.execute(waiting).one())[0]:
            assert time.monotonic() < until, left
            time.sleep(0.1)


def letters(cluster: Cluster) -> Counter[str]:
    """How many letters of each case the bureau keeps, by reference; all are filings."""
    store = sqlite3.connect(Path(cluster.bureau.store))
    rows = store.execute("SELECT kind, body FROM letter").fetchall()
    store.close()
    assert {kind for kind, _ in rows} == {"case.filed"}
    return Counter(json.loads(body)["reference"] for _, body in rows)
