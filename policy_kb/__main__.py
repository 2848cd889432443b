"""`python -m policy_kb check [--home DIR] [--day YYYY-MM-DD]`; exits 1 where there is an error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from policy_kb.check import check
from policy_kb.knowledge import HOME


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    problems = check(asked.home, asked.day)
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == "error" for problem in problems)
    print(f"{asked.home}: {_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")
    return 1 if errors else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m policy_kb", description="The knowledge base, from the command line."
    )
    verbs = parser.add_subparsers(required=True, metavar="check")
    verb = verbs.add_parser("check", help="prove the knowledge base; exit 1 where something is wrong")
    verb.add_argument("--home", type=Path, default=HOME, help="the knowledge base's folder (default: policy_kb)")
    verb.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD to look ahead from (default: today)")
    return parser


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
