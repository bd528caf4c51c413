/* SPDX-License-Identifier: Apache-2.0 */
#include "requantize.h"

#include "pmsis.h"

void requantize_bytes(const int32_t* sums, uint8_t* out, const int32_t* kappa,
                      const int32_t* lambda, int shift, int is_signed, int channels)
{
    const int share = (channels + NUM_CORES - 1) / NUM_CORES;
    const int low = is_signed ? -128 : 0, high = low + 255;
    int channel = pi_core_id() * share;
    const int end = channel + share < channels ? channel + share : channels;
    for (; channel < end; ++channel) {
        const int32_t value = (kappa[channel] * sums[channel] + lambda[channel]) >> shift;
        out[channel] = (uint8_t)(value < low ? low : value > high ? high : value);
    }
    pi_cl_team_barrier();
}
