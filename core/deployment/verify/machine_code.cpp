// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/machine_code.h"

#include <cstdint>
#include <cstring>

namespace bitdial {
namespace {

constexpr std::size_t header_bytes = 52;
constexpr std::size_t section_bytes = 40;
constexpr std::uint32_t executable_flag = 4;
constexpr std::uint32_t program_bits = 1;
constexpr std::uint32_t hardware_loop_opcode = 0x7b;
constexpr std::uint32_t most_loop_funct3 = 5; // starti, endi, count, counti, setup, setupi

/// A little-endian number at an offset; 0 where there is none.
std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t size)
{
    std::uint32_t value = 0;
    if (at > bytes.size() || size > bytes.size() - at)
        return 0;
    for (std::size_t i = 0; i < size; ++i)
        value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

bool loopsIn(std::span<const std::byte> code)
{
    for (std::size_t at = 0; at + 2 <= code.size();) {
        const bool is_short = (number(code, at, 2) & 3) != 3;
        const std::uint32_t word = is_short ? 0 : number(code, at, 4);
        if ((word & 0x7f) == hardware_loop_opcode && ((word >> 12) & 7) <= most_loop_funct3)
            return true;
        at += is_short ? 2 : 4;
    }
    return false;
}

} // namespace

bool hasHardwareLoops(std::span<const std::byte> object)
{
    constexpr unsigned char magic[] = {0x7f, 'E', 'L', 'F', 1, 1};
    constexpr std::uint32_t riscv = 243;
    if (object.size() < header_bytes || std::memcmp(object.data(), magic, sizeof magic) != 0 ||
        number(object, 18, 2) != riscv)
        return false;
    const std::size_t sections = number(object, 32, 4);
    const std::size_t count = number(object, 48, 2);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t section = sections + i * section_bytes;
        const std::size_t offset = number(object, section + 16, 4);
        const std::size_t size = number(object, section + 20, 4);
        if (number(object, section + 4, 4) == program_bits &&
            (number(object, section + 8, 4) & executable_flag) != 0 && offset <= object.size() &&
            size <= object.size() - offset && loopsIn(object.subspan(offset, size)))
            return true;
    }
    return false;
}

} // namespace bitdial
