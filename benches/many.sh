#!/usr/bin/env bash
# Many watchers in one process, their simulated accounts in another: `bash benches/many.sh [WATCHERS] [SECONDS]`.
# What is printed, and what it was, stands in benches/many/README.md. Options of the example for both processes: MANY="--entries 0".
set -euo pipefail
cd "$(dirname "$0")/.."
watchers=${1:-10000} seconds=${2:-60} few=100
read -ra options <<<"${MANY:-}"
ulimit -n "$(ulimit -Hn)"
cargo build --quiet --locked --release --example many
many=${CARGO_TARGET_DIR:-target}/release/examples/many
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# Watches so many accounts; what the client prints goes to $work/$1, what the server does to $work/$1.server.
run() {
    local count=$1
    : >"$work/urls"
    "$many" --serve "$count" "${options[@]}" >"$work/urls" 2>"$work/$count.server" &
    server=$!
    until [ "$(wc -l <"$work/urls")" -ge "$count" ]; do
        kill -0 "$server"
        sleep 0.1
    done
    "$many" --urls "$work/urls" --seconds "$seconds" "${options[@]}" >"$work/$count"
    kill -INT "$server"
    wait "$server"
    server=
}

rss() {
    sed -nE 's/.*memory: ([0-9]+) KiB.*/\1/p' "$work/$1"
}

run "$few"
run "$watchers"
sed -n '1,12p' "$work/$watchers"
echo "…"
tail -n 2 "$work/$watchers"
cat "$work/$watchers.server"
bytes=$(sed -nE 's/.* answers of ([0-9]+) bytes.*/\1/p' "$work/$watchers.server")
awk -v many="$(rss "$watchers")" -v few="$(rss "$few")" -v count="$((watchers - few))" -v bytes="$bytes" -v few_watchers="$few" 'BEGIN {
    each = (many - few) / count
    printf "memory: %.1f KiB for each watcher beyond the first %d, %.2f times one answer\n", each, few_watchers, each * 1024 / bytes
}'
