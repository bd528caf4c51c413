#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, checks format, layers and lint, and runs every test.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# A bare system has no locale, and Qt then warns in every test.
export LC_ALL=C.UTF-8

packaging/install-packages.sh
packaging/check-format.sh
packaging/check-layers.sh
packaging/build.sh dev
packaging/check-tidy.sh build/dev
ctest --preset dev
