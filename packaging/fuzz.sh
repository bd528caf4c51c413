#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: packaging/fuzz.sh [RUNS [PARSER...]]
# Builds the fuzz targets with Clang and gives each RUNS inputs (a million by default), grown from
# the seeds in tests/fuzz/corpus. A finding is left in build/fuzz/findings and ends the run.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-1000000}
shift || true

command -v clang++-14 >/dev/null || {
    echo "clang++-14 is missing: apt-get install clang-14" >&2
    exit 1
}
packaging/build.sh fuzz
mkdir -p build/fuzz/findings build/fuzz/grown
parsers=("$@")
if [ ${#parsers[@]} -eq 0 ]; then
    for target in build/fuzz/tests/fuzz/fuzz_*; do
        if [ -f "$target" ] && [ -x "$target" ]; then parsers+=("${target##*/fuzz_}"); fi
    done
fi
for parser in "${parsers[@]}"; do
    seeds=tests/fuzz/corpus/$parser
    [ "$parser" != profile ] || seeds=profiles
    mkdir -p "build/fuzz/grown/$parser"
    echo "== $parser"
    # New inputs go to the first folder; the seeds stay as they are.
    "build/fuzz/tests/fuzz/fuzz_$parser" -runs="$runs" -timeout=1 -rss_limit_mb=1024 \
        -max_len=16384 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="build/fuzz/findings/$parser-" "build/fuzz/grown/$parser" "$seeds"
done
