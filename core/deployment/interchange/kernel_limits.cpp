// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/kernel_limits.h"

#include "core/hardware/model/called_geometry.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>

namespace bitdial {

std::string whyDepthwiseWindowIsWrong(int kernel_height, int kernel_width)
{
    if (!isWrongDepthwiseWindow(kernel_height, kernel_width, false))
        return {};
    if (kernel_height * kernel_width < 4)
        return "the depthwise kernel needs at least 4 taps, it has " +
               std::to_string(kernel_height * kernel_width);
    return "the depthwise kernel's cores overwrite each other's buffers where it is one column "
           "wide";
}

std::string whyDepthwiseBorderIsWrong(const LayerGeometry& g)
{
    const int right =
        (g.output.width - 1) * g.stride_x - g.padding.left + g.kernel_width - g.input.width;
    if (g.stride_x > 1 && right > 0)
        return "its last window reaches past the right border at stride " +
               std::to_string(g.stride_x) + ", where the depthwise kernel reads the next row";
    return {};
}

std::string whyMaxPoolIsWrong(const LayerGeometry& g)
{
    const std::string why = "the max-pooling kernel, which works in place, would read columns that "
                            "it has overwritten: ";
    if (g.padding.left >= g.stride_x)
        return why + "its padding is not smaller than its stride";
    if (g.output.width > g.input.width)
        return why + "its result is wider than its input";
    return {};
}

std::string whyNoXpulpV2Cluster(const HardwareProfile& profile)
{
    const auto& fields = profile.fields();
    if (fields.dialect != KernelDialect::PulpNn)
        return "its kernels are not those of PULP-NN";
    if (std::ranges::any_of(fields.kernels,
                            [](const auto& kernel) { return kernel.second.array.has_value(); }))
        return "it runs layers on an accelerator";
    // Only the XpulpNN library keeps im2col packed; it is how a profile says which one it means.
    if (fields.im2col_packed)
        return "its XpulpNN kernels compute linear layers wrongly, and the deployer does not know";
    return {};
}

} // namespace bitdial
