// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/xpulp_assembly.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace bitdial {
namespace {

struct Access {
    std::string_view mnemonic;
    bool stores;
    int code; ///< funct7 of a load, funct3 of a store
};

constexpr std::array<Access, 8> accesses = {{{"cv.lb", false, 0x00},
                                             {"cv.lh", false, 0x08},
                                             {"cv.lw", false, 0x10},
                                             {"cv.lbu", false, 0x20},
                                             {"cv.lhu", false, 0x28},
                                             {"cv.sb", true, 4},
                                             {"cv.sh", true, 5},
                                             {"cv.sw", true, 6}}};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

bool isRegister(std::string_view name)
{
    constexpr std::array<std::string_view, 5> fixed = {"zero", "ra", "sp", "gp", "tp"};
    if (std::find(fixed.begin(), fixed.end(), name) != fixed.end())
        return true;
    return (name.size() == 2 || name.size() == 3) &&
           std::string_view("ast").find(name.front()) != std::string_view::npos &&
           name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

/// The address of an access: "(base), increment" or "offset(base)".
struct Address {
    std::string_view base, other;
    bool increments = false;
};

std::optional<Address> addressOf(std::string_view text)
{
    const auto open = text.find('(');
    const auto close = text.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return std::nullopt;
    Address address;
    address.base = trimmed(text.substr(open + 1, close - open - 1));
    address.increments = trimmed(text.substr(0, open)).empty();
    address.other = address.increments ? text.substr(close + 1) : text.substr(0, open);
    if (address.increments) {
        const auto comma = address.other.find(',');
        if (comma == std::string_view::npos)
            return std::nullopt;
        address.other.remove_prefix(comma + 1);
    }
    address.other = trimmed(address.other);
    if (!isRegister(address.base) || !isRegister(address.other))
        return std::nullopt;
    return address;
}

std::string instruction(const Access& access, std::string_view value, const Address& at)
{
    const std::string code = std::to_string(access.code);
    const std::string v(value);
    const std::string base(at.base);
    const std::string other(at.other);
    if (access.stores)
        return "\t.insn r " + std::string(at.increments ? "0x2b, " : "0x23, ") + code + ", 0, " +
               other + ", " + base + ", " + v;
    return "\t.insn r " + std::string(at.increments ? "0x0b" : "0x03") + ", 7, " + code + ", " + v +
           ", " + base + ", " + other;
}

std::string encoded(std::string_view line)
{
    const auto text = trimmed(line);
    const auto space = text.find_first_of(" \t");
    if (space == std::string_view::npos)
        return std::string(line);
    const auto mnemonic = text.substr(0, space);
    const auto operands = trimmed(text.substr(space));
    if (mnemonic == "call")
        return "\tjal\tra, " + std::string(operands);
    if (mnemonic == "tail")
        return "\tj\t" + std::string(operands);
    const auto comma = operands.find(',');
    for (const Access& access : accesses)
        if (access.mnemonic == mnemonic && comma != std::string_view::npos)
            if (const auto address = addressOf(operands.substr(comma + 1)))
                return instruction(access, trimmed(operands.substr(0, comma)), *address);
    return std::string(line);
}

} // namespace

std::string xpulpAssembly(std::string_view text)
{
    std::string result;
    result.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        result += encoded(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

} // namespace bitdial
