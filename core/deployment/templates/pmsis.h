/* SPDX-License-Identifier: Apache-2.0 */
/* What the exported layers need from the PULP SDK, for a host with one core. */
#ifndef HOST_PMSIS_H
#define HOST_PMSIS_H

#include <stddef.h>
#include <stdint.h>

static inline int pi_core_id(void)
{
    return 0;
}
static inline void pi_cl_team_barrier(void) {}

#endif
