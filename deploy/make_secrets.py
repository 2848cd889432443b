"""Makes the secrets of an installation, once: python3 -m deploy.make_secrets FOLDER.  Standard library only.

| file | whose |
| --- | --- |
| secrets.env | the app's and the worker's: keys, token, database |
| engine.env | the engine's: token, its own database, the lock store; none of the keys |
| roles.sql | for PostgreSQL's administrator: two roles and their databases |
| postgres-password | of PostgreSQL's administrator, where a container of it is started |
| redis.conf | Redis, for locks only |

What is there already is kept.  The folder is its owner's alone; the files in it can be read by whoever they are handed
to one by one, as a container gets them.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Mapping
from pathlib import Path

from bot.secret_file import ensure_secrets, read_secrets

ROLES = """\
CREATE ROLE yunjiu LOGIN PASSWORD '{app}';
CREATE ROLE engine LOGIN PASSWORD '{engine}';
CREATE DATABASE yunjiu OWNER yunjiu;
CREATE DATABASE engine OWNER engine;
REVOKE CONNECT ON DATABASE yunjiu FROM PUBLIC;
REVOKE CONNECT ON DATABASE engine FROM PUBLIC;
"""


def make(folder: Path, postgres: str, redis: str | None) -> None:
    """``postgres`` and ``redis``: hosts, with the port where it is not the usual one; no Redis for one engine."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    app, engine, locks = (secrets.token_urlsafe(24) for _ in range(3))
    ensure_secrets(folder / "secrets.env")
    token = read_secrets(folder / "secrets.env")["YUNJIU_ENGINE_TOKEN"]
    if not (folder / "engine.env").exists():
        _add(
            folder / "secrets.env",
            {
                "YUNJIU_METRICS_TOKEN": secrets.token_urlsafe(32),
                "YUNJIU_DATABASE_URL": f"postgresql+psycopg://yunjiu:{app}@{postgres}/yunjiu",
            },
        )
        _write(folder / "postgres-password", secrets.token_urlsafe(24))
        _write(folder / "roles.sql", ROLES.format(app=app, engine=engine))
        _write(folder / "redis.conf", f'requirepass {locks}\nsave ""\n')
        values = {"YUNJIU_ENGINE_TOKEN": token, "YUNJIU_TRACKER_DB": f"postgresql://engine:{engine}@{postgres}/engine"}
        if redis is not None:
            values["YUNJIU_LOCK_REDIS_URL"] = f"redis://:{locks}@{redis}"
        _add(folder / "engine.env", values)  # the last: without it the others are made anew
    for each in folder.iterdir():
        each.chmod(0o644)


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _add(path: Path, values: Mapping[str, str]) -> None:
    _write(path, "".join(f"{name}={value}\n" for name, value in {**read_secrets(path), **values}.items()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.make_secrets", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--postgres", default="127.0.0.1", metavar="HOST")
    parser.add_argument("--redis", metavar="HOST")
    given = parser.parse_args()
    make(given.folder, given.postgres, given.redis)
    print(f"made in {given.folder}: keep a copy elsewhere; what it seals is lost without it")


if __name__ == "__main__":
    main()
