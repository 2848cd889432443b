"""A closed-loop client: `python client.py <peer> <url> <workload.json> <conversations at once> <seconds>`.

So many conversations go on at once; each says its next turn when the answer to the last is there, and gives way to a
new one when it is done.  Prints as JSON: latencies in ms, the share of right answers, failures.  Knows nothing of the
project, so that it runs in whichever environment has aiohttp.
"""

import asyncio
import itertools
import json
import sys
import time
import uuid
from pathlib import Path

import aiohttp

LONGEST_SECONDS = 60


def yunjiu_request(conversation, text):
    return "/api/v1/chat", {"conversation_id": conversation, "text": text}


def yunjiu_right(answer, wanted):
    messages = answer["messages"]
    return any(wanted in message["measures"][:1] or message["field"] == wanted for message in messages)


def stock_request(conversation, text):
    return "/webhooks/rest/webhook", {"sender": conversation, "message": text}


def stock_right(answer, wanted):
    return any(message.get("text", "").startswith("[" + wanted + "]") for message in answer)


PEERS = {
    "yunjiu": (yunjiu_request, yunjiu_right),
    "stock": (stock_request, stock_right),
    "floor": (yunjiu_request, lambda answer, wanted: True),
}


class Load:
    def __init__(self, peer, session, conversations):
        self.request, self.is_right = PEERS[peer]
        self.session = session
        self.conversations = itertools.cycle(conversations)
        self.latencies, self.judged, self.right, self.failures = [], 0, 0, 0

    async def turn(self, conversation, turn):
        path, body = self.request(conversation, turn["text"])
        started = time.perf_counter()
        try:
            async with self.session.post(path, json=body) as answer:
                said = await answer.json()
                if answer.status != 200 or not said:
                    raise ValueError(answer.status)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            self.failures += 1
            return
        self.latencies.append(1000 * (time.perf_counter() - started))
        if turn["right"]:
            self.judged += 1
            self.right += self.is_right(said, turn["right"])

    async def talk(self, until):
        while time.perf_counter() < until:
            conversation = uuid.uuid4().hex
            for turn in next(self.conversations):
                await self.turn(conversation, turn)
                if time.perf_counter() >= until:
                    return

    def result(self, seconds):
        return {
            "latencies": self.latencies,
            "seconds": seconds,
            "right": self.right / self.judged if self.judged else None,
            "failures": self.failures,
        }


async def load(peer, url, workload, at_once, seconds):
    timeout = aiohttp.ClientTimeout(total=LONGEST_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, timeout=timeout, connector=connector) as session:
        under_load = Load(peer, session, workload)
        started = time.perf_counter()
        await asyncio.gather(*(under_load.talk(started + seconds) for _ in range(at_once)))
        return under_load.result(time.perf_counter() - started)


async def long_conversation(peer, url, workload, turns):
    """One conversation of so many questions."""
    timeout = aiohttp.ClientTimeout(total=LONGEST_SECONDS)
    async with aiohttp.ClientSession(url, timeout=timeout) as session:
        under_load, conversation = Load(peer, session, workload), uuid.uuid4().hex
        started = time.perf_counter()
        asked = itertools.cycle(itertools.chain.from_iterable(workload))
        for _ in range(turns):
            await under_load.turn(conversation, next(asked))
        return under_load.result(time.perf_counter() - started)


if __name__ == "__main__":
    peer, url, path, kind, amount = sys.argv[1:6]
    workload = json.loads(Path(path).read_text(encoding="utf-8"))
    if kind == "long":
        measured = asyncio.run(long_conversation(peer, url, workload, int(amount)))
    else:
        measured = asyncio.run(load(peer, url, workload, int(kind), float(amount)))
    print(json.dumps(measured))
