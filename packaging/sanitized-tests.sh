#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: packaging/sanitized-tests.sh PRESET K N, from packaging/test.sh --sanitize
# Builds and runs the Kth of N shares of the tests whose label is the preset's name: asan or tsan. The
# shares are stretches of the order in which CMake declares the tests, folder by folder, so that each
# builds little more of core than its own folders; every test is in exactly one.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:?a preset, asan or tsan}
k=${2:?which share, from 1}
n=${3:?of how many}

# The tests of this label, and of the others named, one a line.
labelled() {
    local arguments=() label
    for label in "$@"; do arguments+=(-L "^$label\$"); done
    ctest --preset "$preset" -N "${arguments[@]}" | awk '/^ *Test +#[0-9]+:/ { print $NF }'
}

packaging/install-packages.sh
cmake --preset "$preset"

# A slow test takes as long as some others do to be built.
slow_weight=4
mapfile -t share < <(awk -v k="$k" -v n="$n" -v slow_weight="$slow_weight" '
    FILENAME == ARGV[1] { slow[$1] = 1; next }
    { name[++count] = $1; weight[count] = $1 in slow ? slow_weight : 1; total += weight[count] }
    END {
        for (i = 1; i <= count; i++) {
            if (int(n * (before + weight[i] / 2) / total) == k - 1) print name[i]
            before += weight[i]
        }
    }' <(labelled "$preset" slow) <(labelled "$preset"))
[ ${#share[@]} -gt 0 ] || { echo "test.sh: share $k/$n of $preset holds no test" >&2; exit 1; }

printf 'Share %d/%d of %s, %d tests: %s\n' "$k" "$n" "$preset" "${#share[@]}" "${share[*]}"
packaging/build.sh "$preset" "${share[@]}"
ctest --preset "$preset" -R "^($(IFS='|'; printf '%s' "${share[*]}"))\$"
