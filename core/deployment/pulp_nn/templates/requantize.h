/* SPDX-License-Identifier: Apache-2.0 */
/* Requantization of a linear layer whose kernel leaves 32-bit accumulators. */
#ifndef REQUANTIZE_H
#define REQUANTIZE_H

#include <stdint.h>

/* This core's share of `channels` results: (kappa * sum + lambda) >> shift, clipped to a byte
   without or with sign. All cores of the team call it, behind the kernel's barrier; a barrier
   ends it. */
void requantize_bytes(const int32_t* sums, uint8_t* out, const int32_t* kappa,
                      const int32_t* lambda, int shift, int is_signed, int channels);

#endif
