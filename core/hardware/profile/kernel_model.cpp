// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/kernel_model.h"

namespace bitdial {

double kernelCycles(const KernelModel& model, const KernelWork& work, int cores)
{
    if (!model.array)
        return busiestCoreCycles(model.coefficients, coreShares(work, cores));
    const bool pointwise = work.kernel_height == 1 && work.kernel_width == 1;
    const ArrayMode& mode = pointwise && model.pointwise ? *model.pointwise : *model.array;
    return dotProduct(mode.coefficients, arrayWork(work, mode.shape));
}

} // namespace bitdial
