#!/usr/bin/env bash
# cocorum, the best-known client, and this one with the same recorded service: `bash benches/peers/run.sh` for an hour of polls, which takes
# seconds, and `bash benches/peers/run.sh chat` for an evening of live chat, which takes four minutes.
# Installs cocorum into a venv. It wants Python 3.12 or newer: python3, or PYTHON=… in front.
set -euo pipefail
evening=${1:-polls}
case $evening in polls | chat) ;; *) echo "usage: $0 [polls | chat]" >&2; exit 2 ;; esac
cd "$(dirname "$0")/../.."
venv=${CARGO_TARGET_DIR:-target}/peers
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "cocorum wants Python 3.12 or newer, and $python is older; put PYTHON=… in front" >&2; exit 1; }
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement benches/peers/requirements.txt
PEERS_PYTHON=$(realpath -s "$venv/bin/python") cargo bench --quiet --locked --bench peers -- "$evening"
