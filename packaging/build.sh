#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: packaging/build.sh PRESET [TARGET...]
# Installs what is missing, configures build/PRESET and builds the targets (all by default).
# $BITDIAL_JOBS sets how many compilers run at once.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:?a preset of CMakePresets.json, such as dev}
shift
targets=("$@")

packaging/install-packages.sh

# A file that includes Torch headers takes up to 1.6 GB to compile.
memory_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
jobs=$((memory_kib / 1700000))
cores=$(nproc)
[ "$jobs" -le "$cores" ] || jobs=$cores
[ "$jobs" -ge 1 ] || jobs=1
jobs=${BITDIAL_JOBS:-$jobs}

cmake --preset "$preset"
cmake --build --preset "$preset" -j "$jobs" ${targets[@]+--target "${targets[@]}"}
