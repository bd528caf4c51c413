/* SPDX-License-Identifier: Apache-2.0 */
/* The builtins of the PULP compilers that the kernel library uses (XpulpV2 and XpulpNN), in plain C
   after the instructions' meaning, so that the library's own sources compile on another machine.
   A vector is a word: four bytes, eight nibbles or sixteen crumbs, the first in the low bits.
   Sums wrap in 32 bits. GNU C: gcc or clang. */
#ifndef PULP_BUILTINS_H
#define PULP_BUILTINS_H

#include <stdint.h>
#include <string.h>

typedef int8_t v4s __attribute__((vector_size(4)));
typedef uint8_t v4u __attribute__((vector_size(4)));

/* Bit fields. */
static inline uint32_t pulp_field_mask(unsigned size)
{
    return size >= 32 ? 0xffffffffu : (1u << size) - 1u;
}
static inline unsigned pulp_bextractu(uint32_t value, unsigned size, unsigned offset)
{
    return (value >> offset) & pulp_field_mask(size);
}
static inline int pulp_bextract(uint32_t value, unsigned size, unsigned offset)
{
    const uint32_t sign = 1u << (size - 1);
    return (int)((pulp_bextractu(value, size, offset) ^ sign) - sign);
}
static inline int pulp_binsert(uint32_t into, uint32_t kept, uint32_t value, uint32_t taken,
                               unsigned offset)
{
    return (int)((into & kept) | ((value << offset) & taken));
}

/* Scalars. */
static inline int pulp_clip(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}
/* Index of the highest 1; 32 where there is none. */
static inline int pulp_fl1(uint32_t value)
{
    int index = 31;
    if (value == 0)
        return 32;
    while (!(value >> index))
        --index;
    return index;
}
static inline int pulp_max(int a, int b)
{
    return a > b ? a : b;
}
static inline int pulp_min(int a, int b)
{
    return a < b ? a : b;
}
static inline unsigned pulp_maxu(unsigned a, unsigned b)
{
    return a > b ? a : b;
}
static inline unsigned pulp_minu(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Vectors in words; `bits` of an element is 8, 4 or 2. */
static inline int pulp_element(uint32_t word, int bits, int is_signed, int index)
{
    const unsigned offset = (unsigned)(index * bits);
    return is_signed ? pulp_bextract(word, (unsigned)bits, offset)
                     : (int)pulp_bextractu(word, (unsigned)bits, offset);
}
static inline int32_t pulp_sdot(uint32_t a, int a_signed, uint32_t b, int bits, int32_t sum)
{
    int i;
    for (i = 0; i < 32 / bits; ++i)
        sum = (int32_t)((uint32_t)sum + (uint32_t)(pulp_element(a, bits, a_signed, i) *
                                                   pulp_element(b, bits, 1, i)));
    return sum;
}
enum { pulp_take_max, pulp_take_min, pulp_take_average };
static inline uint32_t pulp_each(uint32_t a, uint32_t b, int bits, int is_signed, int take)
{
    uint32_t result = 0;
    int i;
    for (i = 0; i < 32 / bits; ++i) {
        const int x = pulp_element(a, bits, is_signed, i);
        const int y = pulp_element(b, bits, is_signed, i);
        const int z = take == pulp_take_max   ? pulp_max(x, y)
                      : take == pulp_take_min ? pulp_min(x, y)
                                              : (x + y) >> 1;
        result |= ((uint32_t)z & pulp_field_mask((unsigned)bits)) << (i * bits);
    }
    return result;
}

/* Vectors may be of any 4-byte type. */
#define pulp_word(value)                                                                           \
    (__extension__({                                                                               \
        const __typeof__(value) pulp_value_ = (value);                                             \
        const int pulp_is_word_[sizeof pulp_value_ == 4 ? 1 : -1] = {0};                           \
        uint32_t pulp_word_;                                                                       \
        (void)pulp_is_word_;                                                                       \
        memcpy(&pulp_word_, &pulp_value_, sizeof pulp_word_);                                      \
        pulp_word_;                                                                                \
    }))
static inline v4s pulp_signed_bytes(uint32_t word)
{
    v4s bytes;
    memcpy(&bytes, &word, sizeof bytes);
    return bytes;
}
static inline v4u pulp_bytes(uint32_t word)
{
    v4u bytes;
    memcpy(&bytes, &word, sizeof bytes);
    return bytes;
}

/* MAC&LOAD: per core four words of weights and four of activations. A dot product takes what the
   registers hold; then those that are to be updated load the word at the pointer. */
typedef struct {
    uint32_t weights[4], activations[4];
} pulp_mac_load_registers;
pulp_mac_load_registers* pulp_mac_load(void);

static inline void pulp_mac_load_update(int weights, int activations, int weight_index,
                                        int activation_index, const void* pointer)
{
    if (weights)
        memcpy(&pulp_mac_load()->weights[weight_index], pointer, 4);
    if (activations)
        memcpy(&pulp_mac_load()->activations[activation_index], pointer, 4);
}
static inline int32_t pulp_mac_load_dot(int weights, int activations, int weight_index,
                                        int activation_index, const void* pointer, int bits,
                                        int is_signed, int32_t sum)
{
    const pulp_mac_load_registers* now = pulp_mac_load();
    const int32_t result = pulp_sdot(now->activations[activation_index], is_signed,
                                     now->weights[weight_index], bits, sum);
    pulp_mac_load_update(weights, activations, weight_index, activation_index, pointer);
    return result;
}
/* Pointers, which the library also keeps in 32-bit integers, advance by one word. */
#define pulp_pointer(pointer) ((const void*)(uintptr_t)(pointer))
#define pulp_next_word(pointer) ((__typeof__(pointer))((uintptr_t)(pointer) + 4))

/* The builtins' names. */
#define __builtin_pulp_bextract(value, size, offset)                                               \
    pulp_bextract((uint32_t)(value), (unsigned)(size), (unsigned)(offset))
#define __builtin_pulp_bextractu(value, size, offset)                                              \
    pulp_bextractu((uint32_t)(value), (unsigned)(size), (unsigned)(offset))
#define __builtin_pulp_binsert(into, kept, value, taken, offset)                                   \
    pulp_binsert((uint32_t)(into), (uint32_t)(kept), (uint32_t)(value), (uint32_t)(taken),         \
                 (unsigned)(offset))
#define __builtin_binsert __builtin_pulp_binsert
/* The library's average pooling calls it without defining it. */
#define bitext_u(value, size, offset) __builtin_pulp_bextractu(value, size, offset)
#define __builtin_pulp_clip_r(value, high) pulp_clip((int)(value), -(high)-1, high)
#define __builtin_pulp_clipu_r(value, high) pulp_clip((int)(value), 0, high)
#define __builtin_pulp_fl1(value) pulp_fl1((uint32_t)(value))
#define __builtin_pulp_maxsi(a, b) pulp_max((int)(a), (int)(b))
#define __builtin_pulp_minsi(a, b) pulp_min((int)(a), (int)(b))
#define __builtin_pulp_maxusi(a, b) pulp_maxu((unsigned)(a), (unsigned)(b))
#define __builtin_pulp_minusi(a, b) pulp_minu((unsigned)(a), (unsigned)(b))

#define __builtin_pulp_pack4(a, b, c, d)                                                           \
    (__extension__(v4s){(int8_t)(a), (int8_t)(b), (int8_t)(c), (int8_t)(d)})
#define __builtin_pulp_sdotsp4(a, b, sum) pulp_sdot(pulp_word(a), 1, pulp_word(b), 8, sum)
#define __builtin_pulp_sdotusp4(a, b, sum) pulp_sdot(pulp_word(a), 0, pulp_word(b), 8, sum)
#define __builtin_pulp_sdotsp8(a, b, sum) pulp_sdot(pulp_word(a), 1, pulp_word(b), 4, sum)
#define __builtin_pulp_sdotusp8(a, b, sum) pulp_sdot(pulp_word(a), 0, pulp_word(b), 4, sum)
#define __builtin_pulp_sdotsp16(a, b, sum) pulp_sdot(pulp_word(a), 1, pulp_word(b), 2, sum)
#define __builtin_pulp_sdotusp16(a, b, sum) pulp_sdot(pulp_word(a), 0, pulp_word(b), 2, sum)

#define pulp_each_word(a, b, bits, is_signed, take)                                                \
    pulp_each(pulp_word(a), pulp_word(b), bits, is_signed, take)
#define __builtin_pulp_max4(a, b) pulp_signed_bytes(pulp_each_word(a, b, 8, 1, pulp_take_max))
#define __builtin_pulp_maxu4(a, b) pulp_bytes(pulp_each_word(a, b, 8, 0, pulp_take_max))
#define __builtin_pulp_min4(a, b) pulp_signed_bytes(pulp_each_word(a, b, 8, 1, pulp_take_min))
#define __builtin_pulp_minu4(a, b) pulp_bytes(pulp_each_word(a, b, 8, 0, pulp_take_min))
#define __builtin_pulp_avgu4(a, b) pulp_bytes(pulp_each_word(a, b, 8, 0, pulp_take_average))
#define __builtin_pulp_max8(a, b) ((int32_t)pulp_each_word(a, b, 4, 1, pulp_take_max))
#define __builtin_pulp_maxu8(a, b) pulp_each_word(a, b, 4, 0, pulp_take_max)
#define __builtin_pulp_min8(a, b) ((int32_t)pulp_each_word(a, b, 4, 1, pulp_take_min))
#define __builtin_pulp_minu8(a, b) pulp_each_word(a, b, 4, 0, pulp_take_min)
#define __builtin_pulp_avgu8(a, b) pulp_each_word(a, b, 4, 0, pulp_take_average)
#define __builtin_pulp_max16(a, b) ((int32_t)pulp_each_word(a, b, 2, 1, pulp_take_max))
#define __builtin_pulp_maxu16(a, b) pulp_each_word(a, b, 2, 0, pulp_take_max)
#define __builtin_pulp_min16(a, b) ((int32_t)pulp_each_word(a, b, 2, 1, pulp_take_min))
#define __builtin_pulp_minu16(a, b) pulp_each_word(a, b, 2, 0, pulp_take_min)
#define __builtin_pulp_avgu16(a, b) pulp_each_word(a, b, 2, 0, pulp_take_average)

#define __builtin_pulp_mlinitspr_v3(weights, activations, w, a, pointer)                           \
    (pulp_mac_load_update(weights, activations, w, a, pulp_pointer(pointer)),                      \
     pulp_next_word(pointer))
#define __builtin_pulp_mlupdatespr_v3(pointer) pulp_next_word(pointer)
#define __builtin_pulp_mlassignspr_v3(pointer) (pointer)
#define pulp_mac_load_word(weights, activations, w, a, pointer, bits, is_signed, sum)              \
    pulp_mac_load_dot(weights, activations, w, a, pulp_pointer(pointer), bits, is_signed, sum)
#define __builtin_pulp_mlsdotsup4_v3(weights, activations, w, a, pointer, sum)                     \
    pulp_mac_load_word(weights, activations, w, a, pointer, 8, 0, sum)
#define __builtin_pulp_mlsdotsup8_v3(weights, activations, w, a, pointer, sum)                     \
    pulp_mac_load_word(weights, activations, w, a, pointer, 4, 0, sum)
#define __builtin_pulp_mlsdotsup16_v3(weights, activations, w, a, pointer, sum)                    \
    pulp_mac_load_word(weights, activations, w, a, pointer, 2, 0, sum)
#define __builtin_pulp_mlsdotsp4_v3(weights, activations, w, a, pointer, sum)                      \
    pulp_mac_load_word(weights, activations, w, a, pointer, 8, 1, sum)
#define __builtin_pulp_mlsdotsp8_v3(weights, activations, w, a, pointer, sum)                      \
    pulp_mac_load_word(weights, activations, w, a, pointer, 4, 1, sum)
#define __builtin_pulp_mlsdotsp16_v3(weights, activations, w, a, pointer, sum)                     \
    pulp_mac_load_word(weights, activations, w, a, pointer, 2, 1, sum)

/* The library's one RISC-V instruction in inline assembler: mv destination, source. */
#if defined(__x86_64__) || defined(__i386__)
__asm__(".macro mv destination, source\n\tmov \\source, \\destination\n\t.endm\n");
#elif defined(__aarch64__) || defined(__arm__)
__asm__(".macro mv destination, source\n\tmov \\destination, \\source\n\t.endm\n");
#endif

/* A library that was compiled for another number of cores must not be linked: its files refer to a
   name that only a program for the same number defines. */
#define PULP_NAME_OF_(cores) pulp_team_of_##cores##_cores
#define PULP_NAME_OF(cores) PULP_NAME_OF_(cores)
extern const int PULP_NAME_OF(NUM_CORES);
static const int* const pulp_team __attribute__((used)) = &PULP_NAME_OF(NUM_CORES);

#endif
