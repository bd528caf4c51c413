/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PULP_OPEN_STDIO_H
#define PULP_OPEN_STDIO_H

/* Knows %d, %i, %u, %x, %c, %s and %%, a width, 0 before it, and l. */
int printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
int puts(const char* text);

#endif
