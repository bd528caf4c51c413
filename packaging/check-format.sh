#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails where a C or C++ file of ours is not laid out as .clang-format says.
# To mend: packaging/check-format.sh --fix
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run -Werror --ferror-limit=1) # the first place of each file
[ "${1:-}" != --fix ] || mode=(-i)

mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.h' '*.cpp' '*.c' |
    while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done)
[ ${#files[@]} -gt 0 ] || { echo "check-format: git lists no source files" >&2; exit 1; }

printf '%s\0' "${files[@]}" | xargs -0 -n 20 clang-format-14 --style=file "${mode[@]}" ||
    { echo "check-format: run packaging/check-format.sh --fix" >&2; exit 1; }
echo "Format: ${#files[@]} files in order"
