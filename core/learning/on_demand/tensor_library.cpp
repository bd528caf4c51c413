// SPDX-License-Identifier: Apache-2.0
// The library's end: its table.
#include "core/learning/on_demand/tensor_table.h"

const bitdial::TensorTable* bitdialTensorTable()
{
    using namespace bitdial;
    static constexpr TensorTable table = {
        BITDIAL_VERSION, sizeof(TensorTable), sampleActivations, evaluateFloat, evaluateFake,
        compareCodes,    compareRungs,        trainNetwork,      fineTune,      searchGates};
    return &table;
}
