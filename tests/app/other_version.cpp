// SPDX-License-Identifier: Apache-2.0
// A library as another version of Bitdial might have it: only the beginning of its table is known.

namespace {

struct OtherTable {
    const char* version;
};

constexpr OtherTable table = {"0.0.1"};

} // namespace

extern "C" const void* bitdialTensorTable();

const void* bitdialTensorTable()
{
    return &table;
}
