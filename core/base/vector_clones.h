// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Before a function with hot loops: one binary serves every x86-64, the loops are compiled twice
/// and the loader picks. Sanitizers start after the loader's choice, so they get the baseline only.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define BITDIAL_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define BITDIAL_VECTOR_CLONES
#endif
