/* SPDX-License-Identifier: Apache-2.0 */
/* printf to the simulator's standard output. */
#include <stdio.h>

#include <stdarg.h>
#include <stdint.h>

static int put(char c)
{
    *(volatile uint32_t*)0x1a10f000 = (uint8_t)c;
    return 1;
}

static int put_text(const char* text, int width)
{
    int count = 0, length = 0;
    while (text[length])
        ++length;
    for (; width > length; --width)
        count += put(' ');
    while (*text)
        count += put(*text++);
    return count;
}

static int put_number(uint32_t value, int negative, uint32_t base, int width, char fill)
{
    char digits[12];
    int length = 0, count = 0;
    do {
        digits[length++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative && fill == '0')
        count += put('-');
    width -= negative;
    for (; width > length; --width)
        count += put(fill);
    if (negative && fill != '0')
        count += put('-');
    while (length)
        count += put(digits[--length]);
    return count;
}

static int put_signed(int32_t value, int width, char fill)
{
    const uint32_t magnitude = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    return put_number(magnitude, value < 0, 10, width, fill);
}

/* One directive, at the character that says its kind. long is as wide as int. */
static int put_directive(char kind, int width, char fill, va_list* arguments)
{
    switch (kind) {
    case 'd':
    case 'i':
        return put_signed(va_arg(*arguments, int32_t), width, fill);
    case 'u':
        return put_number(va_arg(*arguments, uint32_t), 0, 10, width, fill);
    case 'x':
        return put_number(va_arg(*arguments, uint32_t), 0, 16, width, fill);
    case 'c':
        return put((char)va_arg(*arguments, int));
    case 's':
        return put_text(va_arg(*arguments, const char*), width);
    default:
        return put(kind);
    }
}

int printf(const char* format, ...)
{
    va_list arguments;
    int count = 0;
    va_start(arguments, format);
    for (; *format; ++format) {
        int width = 0;
        char fill = ' ';
        if (*format != '%') {
            count += put(*format);
            continue;
        }
        if (*++format == '0')
            fill = *format++;
        for (; *format >= '0' && *format <= '9'; ++format)
            width = width * 10 + (*format - '0');
        while (*format == 'l')
            ++format;
        if (!*format)
            break;
        count += put_directive(*format, width, fill, &arguments);
    }
    va_end(arguments);
    return count;
}

int puts(const char* text)
{
    return put_text(text, 0) + put('\n');
}
