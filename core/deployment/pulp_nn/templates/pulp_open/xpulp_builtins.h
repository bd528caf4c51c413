/* SPDX-License-Identifier: Apache-2.0 */
/* The builtins of the PULP compilers that the kernel library uses, for a compiler that does not
   know XpulpV2 or XpulpNN: each one is its instruction, given by encoding. GNU C, optimised:
   operands that are part of an encoding must be constants after inlining. */
#ifndef XPULP_BUILTINS_H
#define XPULP_BUILTINS_H

#include <stdint.h>

/* Vectors are words: as vector types they would be taken apart and put together again. */
typedef int32_t v4s;
typedef uint32_t v4u;

/* An instruction without side effects on one or two registers. */
#define XPULP_1(opcode, funct3, funct7, rs2, type, a)                                              \
    (__extension__({                                                                               \
        type xpulp_out_;                                                                           \
        __asm__(".insn r " #opcode ", " #funct3 ", " funct7 ", %0, %1, " rs2                       \
                : "=r"(xpulp_out_)                                                                 \
                : "r"(a));                                                                         \
        xpulp_out_;                                                                                \
    }))
#define XPULP_2(opcode, funct3, funct7, type, a, b)                                                \
    (__extension__({                                                                               \
        type xpulp_out_;                                                                           \
        __asm__(".insn r " #opcode ", " #funct3 ", " #funct7 ", %0, %1, %2"                        \
                : "=r"(xpulp_out_)                                                                 \
                : "r"(a), "r"(b));                                                                 \
        xpulp_out_;                                                                                \
    }))
/* The same with a destination that is read too. */
#define XPULP_3(opcode, funct3, funct7, type, into, a, b)                                          \
    (__extension__({                                                                               \
        type xpulp_out_ = (type)(into);                                                            \
        __asm__(".insn r " #opcode ", " #funct3 ", " #funct7 ", %0, %1, %2"                        \
                : "+r"(xpulp_out_)                                                                 \
                : "r"(a), "r"(b));                                                                 \
        xpulp_out_;                                                                                \
    }))

/* Bit fields. Of an unsigned one the compiler is told the range: it then adds no mask. */
#define __builtin_pulp_bextract(value, size, offset)                                               \
    (__extension__({                                                                               \
        int xpulp_out_;                                                                            \
        __asm__(".insn r 0x33, 0, 0x60+%2, %0, %1, x%3"                                            \
                : "=r"(xpulp_out_)                                                                 \
                : "r"(value), "i"((size)-1), "i"(offset));                                         \
        xpulp_out_;                                                                                \
    }))
#define __builtin_pulp_bextractu(value, size, offset)                                              \
    (__extension__({                                                                               \
        unsigned xpulp_out_;                                                                       \
        __asm__(".insn r 0x33, 1, 0x60+%2, %0, %1, x%3"                                            \
                : "=r"(xpulp_out_)                                                                 \
                : "r"(value), "i"((size)-1), "i"(offset));                                         \
        __builtin_assume(xpulp_out_ < 1u << (size));                                               \
        xpulp_out_;                                                                                \
    }))
/* `taken` is the field's mask at its place and `kept` its complement. Of the value only the field
   is read: it keeps no sign extension. */
#define __builtin_pulp_binsert(into, kept, value, taken, offset)                                   \
    (__extension__({                                                                               \
        int xpulp_into_ = (into);                                                                  \
        __asm__(".insn r 0x33, 2, 0x60+%2, %0, %1, x%3"                                            \
                : "+r"(xpulp_into_)                                                                \
                : "r"(value), "i"(__builtin_popcount((unsigned)(int)(taken)) - 1), "i"(offset));   \
        xpulp_into_;                                                                               \
    }))
#define __builtin_binsert __builtin_pulp_binsert
/* The library's average pooling calls it without defining it. */
#define bitext_u(value, size, offset) __builtin_pulp_bextractu(value, size, offset)

/* Scalars. A clip's bounds are 2^(n-1) - 1 and its negative less one, or 0. */
#define XPULP_BITS(high) (32 - __builtin_clz(high) + 1)
#define XPULP_CLIP(funct3, value, high)                                                            \
    (__extension__({                                                                               \
        int xpulp_out_;                                                                            \
        __asm__(".insn r 0x33, " #funct3 ", 0x0a, %0, %1, x%2"                                     \
                : "=r"(xpulp_out_)                                                                 \
                : "r"((int)(value)), "i"(XPULP_BITS(high)));                                       \
        xpulp_out_;                                                                                \
    }))
#define __builtin_pulp_clip_r(value, high) XPULP_CLIP(1, value, high)
#define __builtin_pulp_clipu_r(value, high)                                                        \
    (__extension__({                                                                               \
        const unsigned xpulp_clipped_ = (unsigned)XPULP_CLIP(2, value, high);                      \
        __builtin_assume(xpulp_clipped_ <= (unsigned)(high));                                      \
        (int)xpulp_clipped_;                                                                       \
    }))
#define __builtin_pulp_fl1(value) XPULP_1(0x33, 1, "8", "zero", int, value)
#define __builtin_pulp_minsi(a, b) XPULP_2(0x33, 4, 2, int, a, b)
#define __builtin_pulp_minusi(a, b) XPULP_2(0x33, 5, 2, unsigned, a, b)
#define __builtin_pulp_maxsi(a, b) XPULP_2(0x33, 6, 2, int, a, b)
#define __builtin_pulp_maxusi(a, b) XPULP_2(0x33, 7, 2, unsigned, a, b)

/* Vectors of bytes. Operands of one byte keep no sign extension that nobody reads. */
#define __builtin_pulp_pack4(a, b, c, d)                                                           \
    XPULP_3(0x57, 1, 0x6c, v4s, XPULP_2(0x57, 1, 0x70, v4s, (int8_t)(b), (int8_t)(a)),             \
            (int8_t)(d), (int8_t)(c))
#define __builtin_pulp_sdotusp4(a, b, sum) XPULP_3(0x57, 1, 0x54, int, sum, a, b)
#define __builtin_pulp_sdotsp4(a, b, sum) XPULP_3(0x57, 1, 0x5c, int, sum, a, b)
#define __builtin_pulp_avgu4(a, b) XPULP_2(0x57, 1, 0x0c, v4u, a, b)
#define __builtin_pulp_min4(a, b) XPULP_2(0x57, 1, 0x10, v4s, a, b)
#define __builtin_pulp_minu4(a, b) XPULP_2(0x57, 1, 0x14, v4u, a, b)
#define __builtin_pulp_max4(a, b) XPULP_2(0x57, 1, 0x18, v4s, a, b)
#define __builtin_pulp_maxu4(a, b) XPULP_2(0x57, 1, 0x1c, v4u, a, b)

/* Nibbles (funct7 even) and crumbs (odd): XpulpNN. */
#define __builtin_pulp_sdotusp8(a, b, sum) XPULP_3(0x57, 2, 0x54, int, sum, a, b)
#define __builtin_pulp_sdotsp8(a, b, sum) XPULP_3(0x57, 2, 0x5c, int, sum, a, b)
#define __builtin_pulp_sdotusp16(a, b, sum) XPULP_3(0x57, 2, 0x55, int, sum, a, b)
#define __builtin_pulp_sdotsp16(a, b, sum) XPULP_3(0x57, 2, 0x5d, int, sum, a, b)
#define __builtin_pulp_avgu8(a, b) XPULP_2(0x57, 2, 0x0c, v4u, a, b)
#define __builtin_pulp_avgu16(a, b) XPULP_2(0x57, 2, 0x0d, v4u, a, b)
#define __builtin_pulp_min8(a, b) XPULP_2(0x57, 2, 0x10, v4s, a, b)
#define __builtin_pulp_min16(a, b) XPULP_2(0x57, 2, 0x11, v4s, a, b)
#define __builtin_pulp_minu8(a, b) XPULP_2(0x57, 2, 0x14, v4u, a, b)
#define __builtin_pulp_minu16(a, b) XPULP_2(0x57, 2, 0x15, v4u, a, b)
#define __builtin_pulp_max8(a, b) XPULP_2(0x57, 2, 0x18, v4s, a, b)
#define __builtin_pulp_max16(a, b) XPULP_2(0x57, 2, 0x19, v4s, a, b)
#define __builtin_pulp_maxu8(a, b) XPULP_2(0x57, 2, 0x1c, v4u, a, b)
#define __builtin_pulp_maxu16(a, b) XPULP_2(0x57, 2, 0x1d, v4u, a, b)

/* MAC&LOAD: the dot product of a weight and an activation register; then one of them may be loaded
   from the pointer, which advances by a word. Volatile: the registers are the core's own. */
#define XPULP_ML(weights, activations, w, a)                                                       \
    (((weights) << 4) | ((activations) << 3) | ((w) << 1) | (a))
#define XPULP_ML_LOAD(funct3, funct7, destination, sum, pointer, code)                             \
    __asm__ volatile(".insn r 0x77, " #funct3 ", " #funct7 ", " destination ", %1, x%2"            \
                     : "+r"(sum), "+r"(pointer)                                                    \
                     : "i"(code)                                                                   \
                     : "memory")
#define XPULP_ML_DOT(funct3, funct7, weights, activations, w, a, pointer, sum)                     \
    (__extension__({                                                                               \
        int xpulp_sum_ = (sum);                                                                    \
        if ((weights) || (activations))                                                            \
            XPULP_ML_LOAD(funct3, funct7, "%0", xpulp_sum_, pointer,                               \
                          XPULP_ML(weights, activations, w, a));                                   \
        else                                                                                       \
            __asm__ volatile(".insn r 0x77, " #funct3 ", " #funct7 ", %0, zero, x%1"               \
                             : "+r"(xpulp_sum_)                                                    \
                             : "i"(XPULP_ML(0, 0, w, a)));                                         \
        xpulp_sum_;                                                                                \
    }))
#define __builtin_pulp_mlinitspr_v3(weights, activations, w, a, pointer)                           \
    (__extension__({                                                                               \
        __typeof__(pointer) xpulp_at_ = (pointer);                                                 \
        __asm__ volatile(".insn r 0x77, 1, 0x7c, zero, %0, x%1"                                    \
                         : "+r"(xpulp_at_)                                                         \
                         : "i"(XPULP_ML(weights, activations, w, a))                               \
                         : "memory");                                                              \
        xpulp_at_;                                                                                 \
    }))
/* The dot product has advanced the pointer already. */
#define __builtin_pulp_mlupdatespr_v3(pointer) (pointer)
#define __builtin_pulp_mlassignspr_v3(pointer) (pointer)
#define __builtin_pulp_mlsdotsup4_v3(wu, au, w, a, at, sum)                                        \
    XPULP_ML_DOT(1, 0x6c, wu, au, w, a, at, sum)
#define __builtin_pulp_mlsdotsup8_v3(wu, au, w, a, at, sum)                                        \
    XPULP_ML_DOT(2, 0x6c, wu, au, w, a, at, sum)
#define __builtin_pulp_mlsdotsup16_v3(wu, au, w, a, at, sum)                                       \
    XPULP_ML_DOT(3, 0x6c, wu, au, w, a, at, sum)
#define __builtin_pulp_mlsdotsp4_v3(wu, au, w, a, at, sum)                                         \
    XPULP_ML_DOT(1, 0x7c, wu, au, w, a, at, sum)
#define __builtin_pulp_mlsdotsp8_v3(wu, au, w, a, at, sum)                                         \
    XPULP_ML_DOT(2, 0x7c, wu, au, w, a, at, sum)
#define __builtin_pulp_mlsdotsp16_v3(wu, au, w, a, at, sum)                                        \
    XPULP_ML_DOT(3, 0x7c, wu, au, w, a, at, sum)

#endif
