/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's memory functions, as plain as those of the PULP SDK. */
#include <string.h>

#include <stdint.h>

void* memset(void* to, int value, size_t count)
{
    char* at = to;
    while (count--)
        *at++ = (char)value;
    return to;
}

static int word_aligned(const void* a, const void* b, size_t count)
{
    return (((uintptr_t)a | (uintptr_t)b | count) & 3) == 0;
}

void* memcpy(void* to, const void* from, size_t count)
{
    char* at = to;
    const char* source = from;
    if (word_aligned(to, from, count)) {
        uint32_t* word = to;
        const uint32_t* source_word = from;
        for (; count; count -= 4)
            *word++ = *source_word++;
        return to;
    }
    while (count--)
        *at++ = *source++;
    return to;
}

void* memmove(void* to, const void* from, size_t count)
{
    char* at = to;
    const char* source = from;
    if (at <= source)
        while (count--)
            *at++ = *source++;
    else
        while (count--)
            at[count] = source[count];
    return to;
}

int memcmp(const void* a, const void* b, size_t count)
{
    const unsigned char* x = a;
    const unsigned char* y = b;
    for (; count; --count, ++x, ++y)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char* text)
{
    size_t length = 0;
    while (text[length])
        ++length;
    return length;
}
