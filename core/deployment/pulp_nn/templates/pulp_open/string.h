/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PULP_OPEN_STRING_H
#define PULP_OPEN_STRING_H

#include <stddef.h>

void* memset(void* to, int value, size_t count);
void* memcpy(void* to, const void* from, size_t count);
void* memmove(void* to, const void* from, size_t count);
int memcmp(const void* a, const void* b, size_t count);
size_t strlen(const char* text);

#endif
