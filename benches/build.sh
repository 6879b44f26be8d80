#!/usr/bin/env bash
# What this crate adds to reqwest alone: crates in the tree, and seconds of a clean release build. `bash benches/build.sh`.
# reqwest is built as this crate asks for it, in the versions of its lock file.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A package that depends on one crate and has nothing of its own.
package() {
    mkdir -p "$work/$1/src"
    printf '[package]\nname = "user"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s\n' "$2" >"$work/$1/Cargo.toml"
    : >"$work/$1/src/lib.rs"
    cp Cargo.lock "$work/$1"
    (cd "$work/$1" && cargo fetch --quiet)
}

crates() {
    (cd "$work/$1" && cargo tree --prefix none --edges normal,build --format '{p}' | sed 's/ (\*)$//' | sort -u | grep -cv '^user ')
}

seconds() {
    rm -rf "$work/target"
    local start end
    start=$(date +%s.%N)
    (cd "$work/$1" && CARGO_TARGET_DIR=$work/target cargo build --quiet --release --offline)
    end=$(date +%s.%N)
    awk -v start="$start" -v end="$end" 'BEGIN { print end - start }'
}

package reqwest "$(grep '^reqwest = ' Cargo.toml)"
package rumble-live "rumble-live = { path = \"$PWD\" }"
for round in 1 2 3; do
    for crate in reqwest rumble-live; do
        printf '%s: %s crates, %.1f s\n' "$crate" "$(crates "$crate")" "$(seconds "$crate")"
    done
done
