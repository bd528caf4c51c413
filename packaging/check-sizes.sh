#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails where a source file has more than 500 lines, or a class more than 30 public functions. (Of at
# most 65 lines a function: packaging/check-tidy.sh.) Reads the layout that check-format.sh ensures.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
most_lines=500
most_functions=30
exempt=Document # the window's document; its turn comes
bad=0

mapfile -t files < <(find core widgets app tests packaging -name '*.h' -o -name '*.cpp' -o -name '*.c' \
    -o -name '*.sh' | LC_ALL=C sort)
[ ${#files[@]} -gt 0 ] || { echo "check-sizes: no files found" >&2; exit 1; }
long=$(wc -l "${files[@]}" | awk -v most=$most_lines '$2 != "total" && $1 > most')
[ -z "$long" ] || { printf 'Files of more than %d lines:\n%s\n' $most_lines "$long" >&2; bad=1; }

# A declaration of a function begins at the first indentation and has its bracket in that line.
large=$(find core widgets app -name '*.h' -exec awk -v most=$most_functions -v exempt=$exempt '
    /^(class|struct) [A-Za-z_]+[^;]*$/ { name = $2; sub(/[:{].*/, "", name); functions = 0; public = $1 == "struct" }
    /^(public|public Q_SLOTS):/ { public = 1 }
    /^(private|protected|Q_SIGNALS|private Q_SLOTS):/ { public = 0 }
    public && name != "" && /^    [A-Za-z~][^=]*\(/ && !/^    (friend|using|Q_[A-Z]+) / { functions++ }
    /^};/ {
        if (functions > most && name != exempt) print FILENAME ": " name " has " functions
        name = ""
    }' {} +)
[ -z "$large" ] || { printf 'Classes of more than %d public functions:\n%s\n' $most_functions "$large" >&2; bad=1; }

[ "$bad" -eq 0 ] || exit 1
echo "Sizes: ${#files[@]} files, none too long; no class too large"
