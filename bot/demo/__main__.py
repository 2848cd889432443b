"""`make demo`: fills the configured database with invented people and their cases."""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import policy_kb
from actions.filing.judging import Judging
from bot.demo.lives import Clock, Life, Stage
from bot.demo.people import Invented, invent
from bot.settings import Settings
from casework.cases.cases import Cases
from casework.cases.tables import CaseRow
from casework.cases.working_days import local_day
from casework.conversations.log import ASSISTANT, PERSON
from casework.desk import Desk, open_desk
from casework.store.cipher import KeyRing
from casework.store.database import now, open_database, prepare
from policy_kb import KnowledgeBase

PEOPLE = 200
SEED = 530000
LAST_MONTHS = timedelta(days=150)
ASKED = ("我失业了，能领钱吗？", "失业保险金咋个领？", "创业担保贷款要哪些材料？", "想找个零工做。")


def fill(desk: Desk, knowledge: KnowledgeBase, people: int, seed: int, until: datetime) -> int:
    """Invents ``people`` and lets their cases happen, up to ``until``; gives how many cases were begun."""
    chance = random.Random(seed)
    clock = Clock(until - LAST_MONTHS)
    cases = Cases(desk.engine, desk.sealed.ring, desk.vault, desk.documents, clock=clock)
    judging = Judging(knowledge, desk, lambda: local_day(clock()))
    stage = Stage(replace(desk, cases=cases), knowledge, clock, chance, judging)
    order = itertools.count()
    waiting: list[tuple[datetime, int, Life]] = []
    for number in range(1, people + 1):
        who = invent(number, chance, knowledge)
        sender = greet(desk, who, seed, chance)
        for application in chance.sample(sorted(knowledge.applications), chance.choice((1, 1, 2, 3))):
            begins = clock.moment + LAST_MONTHS * chance.random() ** 0.7
            life = stage.live(who, knowledge.applications[application], sender)
            heapq.heappush(waiting, (begins, next(order), life))
    begun = len(waiting)
    while waiting and waiting[0][0] < until:
        clock.moment, number, life = heapq.heappop(waiting)
        for wait in itertools.islice(life, 1):
            heapq.heappush(waiting, (clock.moment + wait, number, life))
    return begun


def greet(desk: Desk, who: Invented, seed: int, chance: random.Random) -> str:
    """The person's conversation, with what they said first; gives the id that the engine would know it by."""
    key = desk.log.key(f"demo-{seed}-{who.number}")
    desk.log.append(key, PERSON, chance.choice(ASKED), [])
    desk.log.append(key, ASSISTANT, "", [{"kind": "smalltalk", "text": "您好，我一样一样跟您说。"}])
    return desk.log.sender(key)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=SEED, help="the same number invents the same people")
    parser.add_argument("--again", action="store_true", help="also where there are cases already")
    chosen = parser.parse_args(arguments)
    settings = Settings()
    database = open_database(settings.database_url)
    prepare(database)
    with Session(database) as session:
        if session.scalar(select(CaseRow.id).limit(1)) is not None and not chosen.again:
            print("There are cases in the database already: invented ones do not belong among them.", file=sys.stderr)
            return 1
    secret = settings.session_secret.get_secret_value()
    desk = open_desk(database, KeyRing.parse(settings.data_key.get_secret_value(), secret), secret)
    number = fill(desk, policy_kb.load(), chosen.people, chosen.seed, now())
    print(f"{chosen.people} invented people with {number} cases are in {database.url.render_as_string()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
