#!/bin/sh
# The engine's settings may come as a file of NAME=VALUE lines, so that they stand in no container's description.
set -eu
if [ -r /run/secrets/engine.env ]; then
    set -a
    . /run/secrets/engine.env
    set +a
fi
exec python -m bot.engine.serve run -i 0.0.0.0 -p 5005 --model models/yunjiu.tar.gz \
    --endpoints endpoints.yml --credentials credentials.yml
