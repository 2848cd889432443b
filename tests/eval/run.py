"""`make eval`: every pipeline on every evaluation set, in one table."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import policy_kb
from tests.eval import sets
from tests.eval.measure import Pipeline, Understood, first_right, report
from tests.eval.pipelines import ROOT, Bm25, RasaPipeline, train_stock

CACHE = ROOT / ".cache" / "eval"
ABSENT = {"bm25": ("both of two questions", "out of scope caught", "questions refused", "intent F1")}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "yunjiu.tar.gz")
    parser.add_argument("--without-stock", action="store_true", help="leave out Rasa's stock pipeline")
    parser.add_argument("--stock-epochs", type=int, default=100, help="of the stock pipeline; two minutes each")
    parser.add_argument("--errors", action="store_true", help="print what this pipeline gets wrong")
    options = parser.parse_args(arguments)
    CACHE.mkdir(parents=True, exist_ok=True)
    ours = RasaPipeline(options.model)
    if options.errors:
        return print_errors(ours)
    pipelines: dict[str, Pipeline] = {"yunjiu": ours, "bm25": Bm25(policy_kb.load())}
    if not options.without_stock:
        pipelines["stock"] = RasaPipeline(train_stock(CACHE, options.stock_epochs))
    figures = {
        name: report(pipeline, sets.policy(), sets.out_of_scope(), sets.intents())
        for name, pipeline in pipelines.items()
    }
    (CACHE / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1))
    print(table(figures))


def table(figures: dict[str, dict[str, float]]) -> str:
    """A Markdown table, one row a figure, one column a pipeline, in per cent."""
    names = list(figures)
    rows = ["| % | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    for figure in figures[names[0]]:
        cells = ["–" if figure in ABSENT.get(name, ()) else f"{100 * figures[name][figure]:.1f}" for name in names]
        rows.append(f"| {figure} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def print_errors(pipeline: Pipeline) -> None:
    def shown(understood: Understood) -> str:
        return f"{understood.intent} {understood.measures[:3]} {understood.confidence:.2f} {understood.asked}"

    for question, got in zip(sets.policy(), pipeline([each.text for each in sets.policy()]), strict=True):
        wrong = set(question.measures) - set(got.asked) if question.noise == "multi" else not first_right(question, got)
        if wrong or got.intent == "out_of_scope":
            print(f"{question.noise:10} {question.measures} ← {shown(got)}: {question.text}")
    others = [*sets.out_of_scope(), *sets.intents()]
    for question, got in zip(others, pipeline([each.text for each in others]), strict=True):
        if question.intent != got.intent:
            print(f"{question.intent} ← {shown(got)}: {question.text}")


if __name__ == "__main__":
    main()
