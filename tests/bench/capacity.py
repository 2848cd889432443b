"""What a turn costs, part by part, and what many people need: `python -m tests.bench.capacity [--people N …]`.

Engine, app and worker are processes of their own over PostgreSQL, with everything on; a few conversations go on at
once.  Processor time, memory, disk and the parts of a turn are measured; the rest is arithmetic over the options.
Prints tables in Markdown and writes results/bench-capacity.json.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import text

from casework.store.database import open_database
from tests.bench.turns import workload
from tests.bench.turns.peers import ENGINE, ROOT, YUNJIU, yunjiu
from tests.bench.turns.processes import Group, processor_seconds
from tests.casework.conftest import Postgres, postgres_binaries

RESULTS = ROOT / "results" / "bench-capacity.json"
CLIENT = ROOT / "tests" / "bench" / "turns" / "client.py"
AT_ONCE = 4
USED = 0.5
"""So much of a core is planned for: the other half is for what nobody foresaw."""
_PART = re.compile(r'^yunjiu_turn_seconds_(sum|count)\{part="(\w+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """Of one turn: processor ms by process, ms that its parts took, bytes on disk."""

    processor: dict[str, float]
    parts: dict[str, float]
    disk: float


@dataclass(frozen=True)
class Morning:
    """``share`` of ``people`` come in ``hours`` and say ``turns`` each; in the worst minutes ``peak`` times as many."""

    people: int
    share: float
    hours: float
    turns: int
    peak: float

    @property
    def all_turns(self) -> float:
        return self.people * self.share * self.turns

    @property
    def turns_a_second(self) -> float:
        return self.all_turns / (3600 * self.hours) * self.peak


class Server(Postgres):
    """PostgreSQL as a bureau runs it: what is committed has reached the disk."""

    durability = ""

    def seconds(self) -> float:
        """Processor time of all its processes so far, also of those that have ended."""
        main = int((self._data / "postmaster.pid").read_text().split()[0])
        ended = Path(f"/proc/{main}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
        pids = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        ticks = sum(map(int, ended)) / 100
        return ticks + processor_seconds(main) + sum(processor_seconds(int(pid)) for pid in pids)

    def bytes(self) -> int:
        engine = open_database(self.url().render_as_string())
        with engine.connect() as connection:
            size = connection.scalar(text("SELECT sum(pg_database_size(datname)) FROM pg_database"))
        engine.dispose()
        return int(size or 0)


@contextmanager
def running() -> Iterator[tuple[str, Group, Server]]:
    with (
        tempfile.TemporaryDirectory(prefix="yunjiu-pg-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryDirectory() as folder,
    ):
        server = Server(postgres_binaries(), Path(home))
        group = Group(Path(folder))
        try:
            app = server.url(server.new_database()).render_as_string()
            tracker = server.url(server.new_database()).set(drivername="postgresql").render_as_string()
            peer = replace(YUNJIU, start=lambda group, folder: yunjiu(group, folder, app, tracker))
            url, _ = peer.running(group, Path(folder))
            yield url, group, server
        finally:
            group.stop()
            server.stop()


def measured(url: str, group: Group, server: Server, load: Path, seconds: float) -> Cost:
    command = [ENGINE, str(CLIENT), "yunjiu", url, str(load), str(AT_ONCE)]
    subprocess.run([*command, "3"], check=True, capture_output=True)  # warm
    before, database, size, parts = group.seconds_by_name(), server.seconds(), server.bytes(), _parts(url)
    answer = subprocess.run([*command, str(seconds)], check=True, capture_output=True)
    turns = len(json.loads(answer.stdout)["latencies"])
    spent = {name: (after - before[name]) / turns * 1000 for name, after in group.seconds_by_name().items()}
    spent["PostgreSQL"] = (server.seconds() - database) / turns * 1000
    took = {
        part: 1000 * (total - parts.get(part, (0, 0))[0]) / (count - parts.get(part, (0, 0))[1])
        for part, (total, count) in _parts(url).items()
        if count > parts.get(part, (0, 0))[1]
    }
    return Cost(spent, took, (server.bytes() - size) / turns)


def _parts(url: str) -> dict[str, tuple[float, float]]:
    """Seconds in all and turns, by part, as the app itself counts them."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        found = {(part, kind): float(value) for kind, part, value in _PART.findall(answer.read().decode())}
    return {part: (found[part, "sum"], found[part, "count"]) for part, kind in found if kind == "sum"}


def table(costs: dict[str, Cost], memory: dict[str, float]) -> str:
    lines = ["| of a turn | " + " | ".join(costs) + " |", "| --- |" + " ---: |" * len(costs)]
    some = next(iter(costs.values()))
    for name in some.processor:
        lines.append(_row(f"{name}, processor ms", [cost.processor[name] for cost in costs.values()]))
    lines.append(_row("together, processor ms", [sum(cost.processor.values()) for cost in costs.values()]))
    for part in some.parts:
        lines.append(_row(f"time in “{part}”, ms", [cost.parts.get(part, math.nan) for cost in costs.values()]))
    lines.append(_row("disk, kB", [cost.disk / 1000 for cost in costs.values()]))
    return "\n".join([*lines, "", "Memory, MB: " + ", ".join(f"{name} {mb:.0f}" for name, mb in memory.items())])


def needed(morning: Morning, cost: Cost) -> str:
    """Cores and processes for the worst minutes, at half their power; and the disk."""
    lines = [
        f"{morning.people:,} people, {morning.share:.0%} of them in {morning.hours:g} hours, {morning.turns} turns"
        f" each; in the worst minutes {morning.peak:g} times as many: {morning.turns_a_second:.0f} turns a second.",
        "",
        "| | cores busy | processes or cores to plan |",
        "| --- | ---: | ---: |",
    ]
    for name, each in cost.processor.items():
        busy = each / 1000 * morning.turns_a_second
        lines.append(f"| {name} | {busy:.2f} | {math.ceil(busy / USED) or 1} |")
    lines.append("")
    lines.append(f"Disk: {cost.disk * morning.all_turns / 1e9:.1f} GB for such a morning.")
    return "\n".join(lines)


def _row(title: str, values: list[float]) -> str:
    return f"| {title} | " + " | ".join("–" if math.isnan(value) else f"{value:.1f}" for value in values) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500_000)
    parser.add_argument("--share", type=float, default=0.05, help="of the people who come in the morning")
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--turns", type=int, default=12, help="that each of them says")
    parser.add_argument("--peak", type=float, default=3, help="times as many in the worst minutes")
    parser.add_argument("--seconds", type=float, default=15, help="for each load")
    options = parser.parse_args()
    morning = Morning(options.people, options.share, options.hours, options.turns, options.peak)
    with running() as (url, group, server), tempfile.TemporaryDirectory() as folder:
        loads = workload.write(Path(folder))
        costs = {name: measured(url, group, server, loads[name], options.seconds) for name in workload.LOADS}
        memory = group.memory_by_name()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"costs": {name: asdict(cost) for name, cost in costs.items()}, "memory": memory}))
    print(table(costs, memory), "", needed(morning, costs["mix"]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
