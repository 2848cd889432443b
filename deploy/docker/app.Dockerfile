# App, worker, migration and housekeeping: one image.  From the top folder:
#   docker build -f deploy/docker/app.Dockerfile -t yunjiu-app .
# Where the public registries are not reached, PYTHON names the base elsewhere and UV_DEFAULT_INDEX a mirror of PyPI.
ARG PYTHON=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON} AS environment
ARG UV_DEFAULT_INDEX=https://pypi.org/simple
# rasa-sdk wants a multidict that has no wheel for this Python.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --index-url "$UV_DEFAULT_INDEX" uv==0.13.9
WORKDIR /yunjiu
COPY pyproject.toml uv.lock ./
RUN UV_PYTHON_DOWNLOADS=never uv sync --frozen --no-cache --compile-bytecode --group app --python "$(command -v python3)"

FROM ${PYTHON}
# pg_dump and pg_restore of PostgreSQL 15, for backups.  Debian's security updates are wanted, so no version is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin yunjiu \
    && mkdir -p /yunjiu/var
WORKDIR /yunjiu
COPY --from=environment /yunjiu/.venv .venv
COPY policy_kb policy_kb
COPY casework casework
COPY actions actions
COPY bot bot
ENV PATH=/yunjiu/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    YUNJIU_HOST=0.0.0.0 \
    YUNJIU_PORT=8000 \
    YUNJIU_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8000 8010
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "bot.app"]
