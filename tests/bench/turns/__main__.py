"""Turns beside stock Rasa: `python -m tests.bench.turns [--repetitions 3] [--seconds 8] [--at-once 1,8,32,128]`.

Every repetition starts each peer anew, one after the other, on this machine, with the same client and load.  Prints a
table of medians with their spread and writes results/bench-turns.json and results/bench-turns.svg.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.turns import stock_project, workload
from tests.bench.turns.peers import ENGINE, FLOOR_PEER, QUIET, ROOT, YUNJIU, Peer, stock
from tests.bench.turns.processes import Group
from tests.bench.turns.report import table

RESULTS = ROOT / "results"
HERE = Path(__file__).parent
LONG = {"stock": 150, "yunjiu": 1000, "floor": 1000}
"""Turns of the one long conversation; stock's thousandth would be an hour away."""


def main() -> int:
    options = _options()
    home = RESULTS / "bench"
    home.mkdir(parents=True, exist_ok=True)
    paths = workload.write(home)
    peers = [FLOOR_PEER, YUNJIU, *([stock(home / "stock")] if options.stock else [])]
    trained = _trained(peers)
    measured: dict[str, list[dict[str, Any]]] = {peer.name: [] for peer in peers}
    for number in range(options.repetitions):
        for peer in peers:
            print(f"{number + 1} of {options.repetitions}: {peer.name}", file=sys.stderr, flush=True)
            measured[peer.name].append(_measure(peer, paths, options.at_once, options.seconds))
    result = {"trained": trained, "measured": measured}
    (RESULTS / "bench-turns.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(table(trained, measured))
    drawing = [ENGINE, str(HERE / "plot.py"), str(RESULTS / "bench-turns.json"), str(RESULTS / "bench-turns.svg")]
    return subprocess.run(drawing).returncode


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--at-once", type=lambda text: [int(each) for each in text.split(",")], default=[1, 8, 32, 128])
    parser.add_argument("--without-stock", dest="stock", action="store_false")
    return parser.parse_args()


def _trained(peers: list[Peer]) -> dict[str, dict[str, float]]:
    """Processor time of training and model size.  Each is trained once, and what it took is kept."""
    found: dict[str, dict[str, float]] = {}
    for peer in peers:
        if peer.model is None:
            continue
        kept = RESULTS / "bench" / f"{peer.name}-training.json"
        if not (kept.exists() and peer.model.exists()):
            kept.write_text(json.dumps({"seconds": _train(peer)}))
        found[peer.name] = {**json.loads(kept.read_text()), "mb": peer.model.stat().st_size / 1e6}
    return found


def _train(peer: Peer) -> float:
    """Gives the seconds that it took of all processors together, which does not depend on who else uses them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if peer.name == "stock":
        project = RESULTS / "bench" / "stock"
        stock_project.make(project)
        command = [ENGINE, "-m", "rasa", "train", "--fixed-model-name", "stock", "--out", "models"]
        subprocess.run(command, cwd=project, env=QUIET, check=True, stdout=subprocess.DEVNULL)
    else:
        with tempfile.TemporaryDirectory() as elsewhere:
            command = [ENGINE, "-m", "bot.engine.train", "--skip-validation", "--out", elsewhere]
            subprocess.run(command, cwd=ROOT, env=QUIET, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _measure(peer: Peer, paths: dict[str, Path], at_once: list[int], seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        group = Group(Path(folder))
        try:
            url, cold = peer.running(group, Path(folder))
            client = [ENGINE, str(HERE / "client.py"), peer.name, url]
            _run([*client, str(paths["mix"]), "2", "3"])  # warm
            loads = {}
            for name in workload.LOADS:
                for many in at_once:
                    before = group.processor_seconds()
                    result = _run([*client, str(paths[name]), str(many), str(seconds)])
                    loads[f"{name}@{many}"] = _summary(result, group.processor_seconds() - before)
            memory = group.memory_mb()
            long = _run([*client, str(paths["long"]), "long", str(LONG[peer.name])])
        finally:
            group.stop()
    return {"cold": cold, "memory": memory, "loads": loads, "long": long["latencies"]}


def _run(command: list[str]) -> dict[str, Any]:
    measured: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return measured


def _summary(result: dict[str, Any], processor_seconds: float) -> dict[str, float | None]:
    latencies = sorted(result["latencies"]) or [float("nan")]
    cut = statistics.quantiles(latencies, n=100, method="inclusive") if len(latencies) > 1 else latencies * 99
    return {
        "p50": cut[49],
        "p95": cut[94],
        "p99": cut[98],
        "turns_a_second": len(result["latencies"]) / result["seconds"],
        "processor_ms_a_turn": 1000 * processor_seconds / max(1, len(result["latencies"])),
        "right": result["right"],
        "failures": result["failures"],
    }


if __name__ == "__main__":
    sys.exit(main())
