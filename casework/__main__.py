"""Housekeeping by hand: python -m casework <command>."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from alembic import command

from casework.database import all_tables, migrations, open_database, prepare
from casework.rotation import DATA_KEY, HASH_SECRET, read_settings, rotate

ROOT = Path(__file__).parents[1]
SECRETS = ROOT / "var" / "secrets.env"
DATABASE_URL = "YUNJIU_DATABASE_URL"


def _settings() -> dict[str, str]:
    """The environment before var/secrets.env before the default, as everywhere in Yunjiu."""
    return {DATABASE_URL: f"sqlite:///{ROOT}/var/yunjiu.db", **read_settings(SECRETS), **os.environ}


def migrate() -> str:
    """Bring the tables up to date."""
    prepare(open_database(_settings()[DATABASE_URL]))
    return "the tables are up to date"


def new_migration(words: str) -> str:
    """Write a migration from the tables as they are to the tables as the code wants them."""
    engine = open_database("sqlite:///:memory:")
    prepare(engine)
    with engine.begin() as connection:
        config = migrations(connection)
        config.attributes["metadata"] = all_tables()
        made = command.revision(config, words, autogenerate=True, rev_id=_next_revision())
    return f"written: {getattr(made, 'path', made)}"


def rotate_key() -> str:
    """Seal everything with a new data key and take the old one away.  Stop Yunjiu first."""
    if DATA_KEY in os.environ:
        raise SystemExit(f"{DATA_KEY} is given in the environment; rotation changes {SECRETS.name}, so unset it there")
    settings = _settings()
    if DATA_KEY not in settings or HASH_SECRET not in settings:
        raise SystemExit(f"{SECRETS.name} holds no {DATA_KEY} or no {HASH_SECRET}; `make run` once makes them")
    engine = open_database(settings[DATABASE_URL])
    prepare(engine)
    done = rotate(engine, SECRETS, settings[HASH_SECRET])
    if done.unreadable:
        raise SystemExit(f"{done.unreadable} values open with no key; the old keys stay in {SECRETS.name}")
    return f"{done.resealed} values sealed anew; the old key is gone"


def _next_revision() -> str:
    versions = Path(__file__).with_name("migrations") / "versions"
    return f"{1 + max(int(each.name[:4]) for each in versions.glob('0*.py')):04}"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m casework", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help=migrate.__doc__)
    commands.add_parser("new-migration", help=new_migration.__doc__).add_argument("words")
    commands.add_parser("rotate-key", help=rotate_key.__doc__)
    chosen = parser.parse_args(arguments)
    if chosen.command == "new-migration":
        print(new_migration(chosen.words))
    else:
        print({"migrate": migrate, "rotate-key": rotate_key}[chosen.command]())


if __name__ == "__main__":
    main(sys.argv[1:])
