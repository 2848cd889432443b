"""Draws the bench's figures: `python plot.py bench-turns.json bench-turns.svg`; needs matplotlib, which Rasa brings."""

import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # after the backend is chosen

COLOURS = {"stock": "#b3452c", "yunjiu": "#1f5fbf", "floor": "#8a94a0"}


def medians(repetitions, load, key):
    return statistics.median(each["loads"][load][key] for each in repetitions)


def main(source, target):
    measured = json.loads(Path(source).read_text(encoding="utf-8"))["measured"]
    loads = list(next(iter(measured.values()))[0]["loads"])
    figure, (rate, wait, long) = pyplot.subplots(1, 3, figsize=(15, 4.5), constrained_layout=True)
    for name, repetitions in measured.items():
        many = [int(load.split("@")[1]) for load in loads if load.startswith("mix@")]
        for axes, key in ((rate, "turns_a_second"), (wait, "p50")):
            values = [medians(repetitions, f"mix@{each}", key) for each in many]
            axes.plot(many, values, marker="o", color=COLOURS[name], label=name)
        turns = repetitions[0]["long"]
        smooth = [statistics.median(turns[max(0, at - 5) : at + 6]) for at in range(len(turns))]
        long.plot(range(1, len(turns) + 1), smooth, color=COLOURS[name], label=name)
    for axes, title, across in (
        (rate, "mix: turns a second", "conversations at once"),
        (wait, "mix: p50, ms", "conversations at once"),
        (long, "one conversation: ms a turn", "turn"),
    ):
        axes.set(title=title, xlabel=across, xscale="log", yscale="log")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(target)


if __name__ == "__main__":
    main(*sys.argv[1:3])
