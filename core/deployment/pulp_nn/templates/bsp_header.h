/* SPDX-License-Identifier: Apache-2.0 */
/* In the SDK one header for each device; here they are in one. */
#include "pulp_devices.h"
