/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the emulation share. */
#ifndef PULP_EMULATION_H
#define PULP_EMULATION_H

#include "pmsis.h"

#if defined(__riscv)
#define PULP_BARE_METAL
#endif

/* Ends the program with status 2 and a line that says why. */
void pulp_stop(const char* why);
/* Whether any byte lies in L1. Where L1 has no section of its own the answer is no. */
int pulp_touches_l1(const void* data, size_t size);

/* A transfer of `size` bytes in lines of `length`, `to_stride` and `from_stride` bytes apart.
   Returns its number for pulp_await_transfer, which must be given the same request. */
int pulp_start_transfer(const void* request, char* to, uint32_t to_stride, const char* from,
                        uint32_t from_stride, uint32_t size, uint32_t length);
void pulp_await_transfer(const void* request, int id);
/* Stops the program if a transfer is still on its way. */
void pulp_check_awaited(void);

#endif
