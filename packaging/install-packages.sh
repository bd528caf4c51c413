#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs those packages of packaging/packages.txt that are missing. Does nothing, and needs no
# rights and no network, where all are there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
    printf 'install-packages: %s\n' "$*" >&2
    exit 1
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this is not Debian. Install what packaging/packages.txt lists (Debian 12 names) by hand," \
        "then run: cmake --preset dev && cmake --build --preset dev"

missing=()
while read -r package _; do
    case "$package" in "" | "#"*) continue ;; esac
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || status=absent
    [ "$status" = installed ] || missing+=("$package")
done <"$here/packages.txt"
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "these packages are missing and only root can install them. As root, run:" \
            "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
    # Without a terminal a password cannot be asked for: fail rather than hang.
    [ -t 0 ] || as_root+=(-n)
fi

printf 'Installing %d missing packages: %s\n' "${#missing[@]}" "${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=900)
"${apt[@]}" update || fail "the package lists could not be fetched; see apt's message above"
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" ||
    fail "apt-get could not install: ${missing[*]}; see its message above." \
        "The names are those of Debian 12."
