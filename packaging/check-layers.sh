#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails where an #include crosses a layer: app -> widgets -> core, and inside core one way only.
# Linking enforces most of it; headers alone would slip through.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
bad=0

# forbid MESSAGE PATTERN PATH...: no #include in the C++ files of PATH may match PATTERN.
forbid() {
    local message=$1 pattern=$2 path hits
    shift 2
    for path in "$@"; do
        [ -e "$path" ] || continue
        hits=$(grep -rnE --include='*.h' --include='*.cpp' \
            "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" "$path") || continue
        printf '%s:\n%s\n' "$message" "$hits" >&2
        bad=1
    done
}

torch='<(torch|ATen|c10|caffe2)/'
forbid "core/ includes Qt" '<Q[A-Za-z/]*[^.]*>' core
forbid "core/ reaches up into app/ or widgets/" '"(app|widgets)/' core
forbid "widgets/ reaches up into app/" '"app/' widgets
forbid "widgets/ and app/ include Torch; only core/learning may" "$torch" widgets app
forbid "widgets/ and app/ include ONNX, protobuf or SQLite" '<(onnx|google/protobuf|sqlite3)' \
    widgets app
forbid "widgets/ and app/ include Cairo or Pango; only core/report may" '<(cairo|pango)' widgets app
forbid "an #include leaves its folder by ../" '"\.\./' core widgets app tests
for folder in core/*/; do
    [ "$folder" = core/learning/ ] || forbid "only core/learning may include Torch" "$torch" "$folder"
done
for file in $(grep -rlE --include='*.h' '#[[:space:]]*include[[:space:]]*<torch/torch\.h>' \
    core widgets app tests); do
    echo "$file: a header includes torch/torch.h (20 s for every file that includes it)" >&2
    bad=1
done

# What each folder of core/ may include besides itself.
below_learning="base|network|data|quantization|hardware|pareto"
declare -A may_include=(
    [base]=""
    [network]="base"
    [data]="base|network"
    [quantization]="base|network|data"
    [hardware]="base|network|data|quantization"
    [pareto]="base|network|data|quantization|hardware"
    [learning]="$below_learning"
    [search]="$below_learning|learning"
    [deployment]="$below_learning"
    [project]="$below_learning"
    [report]="$below_learning"
    [session]="$below_learning|learning|search|deployment|project|report"
)
for folder in core/*/; do
    name=$(basename "$folder")
    [ -n "${may_include[$name]+set}" ] || { echo "$folder: not listed in packaging/check-layers.sh" >&2; bad=1; continue; }
    allowed="$name${may_include[$name]:+|${may_include[$name]}}"
    hits=$(grep -rnE --include='*.h' --include='*.cpp' '^[[:space:]]*#[[:space:]]*include "core/' \
        "$folder" | grep -vE "include \"core/($allowed)/") || continue
    printf '%s may include only core/{%s}:\n%s\n' "$folder" "${allowed//|/,}" "$hits" >&2
    bad=1
done

[ "$bad" -eq 0 ] || exit 1
echo "Layers: every #include goes the right way"
