// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/kernel_model.h"

namespace bitdial {

double kernelCycles(const KernelModel& model, const KernelWork& work, int cores)
{
    return dotProduct(model.coefficients, busiestCoreWork(work, cores));
}

} // namespace bitdial
