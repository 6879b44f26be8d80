#!/usr/bin/env bash
# cocorum, the best-known client of this API, and this one through the same recorded answers: `bash benches/peers/run.sh`.
# Installs cocorum into a venv. It wants Python 3.12 or newer: python3, or PYTHON=… in front.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=${CARGO_TARGET_DIR:-target}/peers
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "cocorum wants Python 3.12 or newer, and $python is older; put PYTHON=… in front" >&2; exit 1; }
"$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement benches/peers/requirements.txt
PEERS_PYTHON=$(realpath -s "$venv/bin/python") cargo bench --quiet --locked --bench peers
