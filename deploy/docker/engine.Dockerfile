# The dialogue engine, with its model.  From the top folder:
#   docker build -f deploy/docker/engine.Dockerfile -t yunjiu-engine .
# The model is trained here and is part of the image: it is learned from files of the same commit, so every engine of a
# version answers alike, and none waits for a volume.  One trained elsewhere is mounted over /yunjiu/models.
# Rasa 3.6.21 needs Python 3.10.  In the image is no other code than what the engine runs, and none of the app's keys.
ARG PYTHON=docker.io/library/python:3.10-slim-bookworm

FROM ${PYTHON} AS environment
ARG UV_DEFAULT_INDEX=https://pypi.org/simple
RUN pip install --no-cache-dir --index-url "$UV_DEFAULT_INDEX" uv==0.13.9
WORKDIR /yunjiu
COPY pyproject.toml uv.lock ./
RUN UV_PYTHON_DOWNLOADS=never uv sync --frozen --no-cache --compile-bytecode --group engine --python "$(command -v python3)"

FROM environment AS model
COPY config.yml domain.yml ./
COPY data data
COPY policy_kb policy_kb
COPY bot/__init__.py bot/logs.py bot/
COPY bot/engine bot/engine
ENV RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 TQDM_DISABLE=1 SQLALCHEMY_SILENCE_UBER_WARNING=1
RUN .venv/bin/python -m bot.engine.train --skip-validation --fixed-model-name yunjiu --out models

FROM ${PYTHON}
RUN useradd --system --uid 10002 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin engine
WORKDIR /yunjiu
COPY --from=environment /yunjiu/.venv .venv
COPY domain.yml endpoints.yml credentials.yml ./
COPY policy_kb policy_kb
COPY bot/__init__.py bot/logs.py bot/
COPY bot/engine bot/engine
COPY --from=model /yunjiu/models/yunjiu.tar.gz models/yunjiu.tar.gz
COPY --chmod=0555 deploy/docker/engine.sh /engine.sh
ENV PATH=/yunjiu/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp \
    RASA_TELEMETRY_ENABLED=false \
    TF_CPP_MIN_LOG_LEVEL=3 \
    TQDM_DISABLE=1 \
    SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    YUNJIU_LOG_FORMAT=json
USER 10002:10002
EXPOSE 5005
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5005/webhooks/gateway/', timeout=4)"]
CMD ["/engine.sh"]
