#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: packaging/check-tidy.sh [--analyze] [BUILD_FOLDER]
# clang-tidy over the files of core/, widgets/ and app/ that see no Torch (clang cannot read Torch's
# headers as C++20). The static analyzer takes twice the time of all other checks: it alone runs with
# --analyze, over core/ (widgets/.clang-tidy says why), all others without. A file that passed is not looked at again until it, a header of ours that it can
# include or .clang-tidy changes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
checks='-clang-analyzer-*'
folders=(core widgets app)
if [ "${1:-}" = --analyze ]; then
    checks='-*,clang-analyzer-*'
    folders=(core)
    shift
fi
build=${1:-build/dev}
[ -f "$build/compile_commands.json" ] ||
    { echo "check-tidy: $build is not configured; run cmake --preset dev" >&2; exit 1; }

stamps=$build/tidy
mkdir -p "$stamps"

# What the verdict on a folder's files depends on besides themselves.
settings_of() {
    local -A sees=([core]="core" [widgets]="core widgets" [app]="core widgets app")
    # shellcheck disable=SC2086 # folders, one a word
    (echo "$checks"; clang-tidy-14 --version
        find .clang-tidy ${sees[$1]} -name '*.h' -o -name .clang-tidy | LC_ALL=C sort | xargs cat) |
        sha256sum | cut -c1-64
}

todo=()
count=0
for folder in "${folders[@]}"; do
    [ -d "$folder" ] || continue
    settings=$(settings_of "$folder")
    while read -r file; do
        # Only what the build compiles has an entry to run with.
        grep -qF "/$file\"" "$build/compile_commands.json" || continue
        count=$((count + 1))
        stamp=$stamps/$( (echo "$settings $file"; cat "$file") | sha256sum | cut -c1-64)
        [ -f "$stamp" ] || todo+=("$file" "$stamp")
    done < <(find "$folder" -name '*.cpp' -not -path 'core/learning/*' | LC_ALL=C sort)
done
[ "$count" -gt 0 ] || { echo "check-tidy: no files found" >&2; exit 1; }

if [ ${#todo[@]} -gt 0 ]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    printf '%s\0' "${todo[@]}" | xargs -0 -n 2 -P "$(nproc)" bash -c '
        output=$(clang-tidy-14 -p "$0" --quiet "--checks=$1" "$2" 2>/dev/null) && touch "$3" && exit 0
        printf "%s\n" "${output:-$(clang-tidy-14 -p "$0" --quiet "--checks=$1" "$2" 2>&1)}"
        exit 1' "$build" "$checks" || { echo "check-tidy: findings above" >&2; exit 1; }
fi
echo "clang-tidy: $count files, $((${#todo[@]} / 2)) of them new or changed, no findings"
