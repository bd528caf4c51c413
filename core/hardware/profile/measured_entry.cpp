// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/measured_entry.h"

namespace bitdial {

MeasuredKey measuredKey(const KernelWork& work, int stride)
{
    MeasuredKey key;
    key.kernel = {work.kind, work.bits};
    key.geometry = {work.in_channels,   work.in_height,      work.in_width,
                    work.out_channels,  work.out_height,     work.out_width,
                    work.kernel_height, work.kernel_width,   stride,
                    work.padding.top,   work.padding.bottom, work.padding.left,
                    work.padding.right};
    return key;
}

} // namespace bitdial
