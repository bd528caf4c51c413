#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: packaging/test.sh [--sanitize asan|tsan [--shard K/N] | --analyze]
# Installs what is missing, builds, checks format, layers, sizes and lint, and runs every test. With
# --sanitize it builds and runs the tests of that label under that preset, with --shard the Kth of N
# shares of them only; with --analyze it runs the static analyzer over what the build has.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A bare system has no locale, and Qt then warns in every test.
export LC_ALL=C.UTF-8

refuse() {
    printf 'test.sh: %s\n' "$1" >&2
    sed -n '3,6s/^# //p' packaging/test.sh >&2
    exit 2
}

if [ "${1:-}" = --analyze ]; then
    [ $# -eq 1 ] || refuse "--analyze stands alone"
    packaging/install-packages.sh
    packaging/build.sh dev
    exec packaging/check-tidy.sh --analyze build/dev
fi

sanitizer=none
shard=
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || refuse "$1 is unknown or lacks its value"
    case "$1" in
        --sanitize) sanitizer=$2 ;;
        --shard)
            [[ $2 =~ ^[1-9][0-9]{0,2}/[1-9][0-9]{0,2}$ ]] && [ "${2%/*}" -le "${2#*/}" ] ||
                refuse "a share is K/N with 1 <= K <= N <= 999, not $2"
            shard=$2
            ;;
        *) refuse "$1 is unknown" ;;
    esac
    shift 2
done

case "$sanitizer" in
    asan | tsan)
        shard=${shard:-1/1}
        exec packaging/sanitized-tests.sh "$sanitizer" "${shard%/*}" "${shard#*/}"
        ;;
    none) [ -z "$shard" ] || refuse "--shard needs --sanitize" ;;
    *) refuse "the sanitizers are asan and tsan, not $sanitizer" ;;
esac

packaging/install-packages.sh
packaging/check-format.sh
packaging/check-layers.sh
packaging/check-sizes.sh
packaging/build.sh dev
packaging/check-tidy.sh build/dev
ctest --preset dev
