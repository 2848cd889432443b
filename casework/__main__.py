"""Housekeeping by hand: python -m casework <command>."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from pathlib import Path

from alembic import command

from casework.desk import Desk, open_desk
from casework.staff.passwords import WeakPassword
from casework.staff.staff import COMMAND_LINE, PROVINCE, WrongStaff
from casework.store.backup import BackupRefused, back_up
from casework.store.backup import restore as put_back
from casework.store.cipher import KeyRing
from casework.store.database import all_tables, migrations, open_database, prepare
from casework.store.rotation import DATA_KEY, HASH_SECRET, read_settings, rotate

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


def add_administrator(login: str, name: str) -> str:
    """Make an administrator of the console, for the whole province; asks for the password."""
    with _refusals():
        made = _desk().staff.add(login, name, "administrator", [PROVINCE], _new_password(), COMMAND_LINE)
    return f"{made.login} may sign in at /console/"


def reset_password(login: str) -> str:
    """Give somebody of the staff a new password, which ends a lock-out; asks for it."""
    staff = _desk().staff
    found = staff.of(login)
    if found is None:
        raise SystemExit(f"nobody has the login {login}")
    with _refusals():
        staff.set_password(found.id, _new_password(), COMMAND_LINE)
    return f"{found.login} has a new password and is signed out everywhere"


def backup(file: str) -> str:
    """Write the database into a new file while Yunjiu runs; the keys are not in it."""
    with _refusals():
        back_up(_settings()[DATABASE_URL], Path(file))
    return f"written: {file}; the keys in {SECRETS.name} are not in it: keep them elsewhere, without them it is lost"


def restore(file: str) -> str:
    """Fill an empty database from a backup.  Stop Yunjiu first; the keys of that time are needed."""
    with _refusals():
        put_back(_settings()[DATABASE_URL], Path(file))
    return f"restored from {file}"


def _desk() -> Desk:
    settings = _settings()
    if DATA_KEY not in settings or HASH_SECRET not in settings:
        raise SystemExit(f"{SECRETS.name} holds no {DATA_KEY} or no {HASH_SECRET}; `make run` once makes them")
    engine = open_database(settings[DATABASE_URL])
    prepare(engine)
    secret = settings[HASH_SECRET]
    return open_desk(engine, KeyRing.parse(settings[DATA_KEY], secret), secret)


def _new_password() -> str:
    """Typed twice unseen, or a line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != password:
        raise SystemExit("they differ; nothing was changed")
    return password


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (WrongStaff, WeakPassword, BackupRefused) as error:
        raise SystemExit(str(error)) from None


def _next_revision() -> str:
    versions = Path(__file__).with_name("migrations") / "versions"
    return f"{1 + max(int(each.name[:4]) for each in versions.glob('0*.py')):04}"


COMMANDS: Mapping[str, Callable[..., str]] = {
    "migrate": migrate,
    "new-migration": new_migration,
    "rotate-key": rotate_key,
    "add-administrator": add_administrator,
    "reset-password": reset_password,
    "backup": backup,
    "restore": restore,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m casework", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run in COMMANDS.items():
        added = commands.add_parser(name, help=run.__doc__)
        for each in signature(run).parameters:
            added.add_argument(each)
    given = vars(parser.parse_args(arguments))
    print(COMMANDS[given.pop("command")](**given))


if __name__ == "__main__":
    main(sys.argv[1:])
