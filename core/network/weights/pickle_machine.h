// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/weights/weight_elements.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bitdial {

/// The few names of Python that a checkpoint may mention; none of them is ever called.
struct PickleGlobal {
    enum class Kind { OrderedDict, Size, RebuildTensor, RebuildParameter, Storage };
    Kind kind = Kind::OrderedDict;
    WeightType type = WeightType::F32; ///< of a storage's numbers
};

/// The global `module.name`, or empty: refused.
std::optional<PickleGlobal> allowedGlobal(std::string_view module, std::string_view name);

/// Index of an object that a PickleMachine made.
using PickleRef = std::uint32_t;

/// A value of a pickle. Texts are views into the pickle's bytes.
struct PickleObject {
    enum class Kind {
        None,
        Bool,
        Int,
        BigInt, ///< `text` is its two's complement, little-endian
        Float,
        Text,
        Bytes,
        Tuple,
        List,
        Dict, ///< `items` are key, value, key, value ...
        Global,
        Storage, ///< `items` are type, key, location, element count and, in old files, a view
        Tensor,  ///< `items` are storage, offset, sizes and strides
    };
    Kind kind = Kind::None;
    std::int64_t integer = 0; ///< also of a Bool
    double real = 0;
    std::string_view text;
    std::vector<PickleRef> items;
    PickleGlobal global;

    static PickleObject ofItems(Kind kind, std::vector<PickleRef> items = {})
    {
        PickleObject object;
        object.kind = kind;
        object.items = std::move(items);
        return object;
    }
    static PickleObject ofInteger(Kind kind, std::int64_t integer)
    {
        PickleObject object;
        object.kind = kind;
        object.integer = integer;
        return object;
    }
    static PickleObject ofText(Kind kind, std::string_view text)
    {
        PickleObject object;
        object.kind = kind;
        object.text = text;
        return object;
    }
};

/// Reads pickles and builds nothing but plain values, storages and tensors. It knows no way to call
/// anything: a reduce of one of the allowed globals rearranges its arguments, every other global,
/// unknown opcode, or more than a million objects is Error(BadInput) naming the byte.
class PickleMachine {
public:
    /// `bytes` must outlive the machine and its objects; `where` is named in errors.
    PickleMachine(std::span<const std::byte> bytes, std::string where);

    /// Runs the pickle at position() to its end, where position() then is; gives its value.
    PickleRef run();
    /// Bytes read so far.
    std::size_t position() const { return m_position; }

    const PickleObject& object(PickleRef ref) const { return m_objects[ref]; }
    /// Every object of the pickles run so far.
    const std::vector<PickleObject>& objects() const { return m_objects; }

    [[noreturn]] void fail(const std::string& why) const;

private:
    using Kind = PickleObject::Kind;

    void step(unsigned opcode);
    bool stepNumber(unsigned opcode);
    bool stepText(unsigned opcode);
    bool stepContainer(unsigned opcode);
    bool stepStack(unsigned opcode);
    bool stepObject(unsigned opcode);
    [[noreturn]] void refuseOpcode(unsigned opcode);

    std::span<const std::byte> take(std::uint64_t count);
    std::uint64_t number(int bytes);
    std::string_view textOf(std::uint64_t length);
    std::string_view line();

    PickleRef make(PickleObject object);
    void push(PickleRef ref);
    void pushNew(PickleObject object) { push(make(std::move(object))); }
    PickleRef pop();
    PickleRef top();
    /// The objects above the last mark, which goes too.
    std::vector<PickleRef> popMark();
    std::vector<PickleRef> popTuple(std::size_t count);

    void pushLong(std::string_view bytes);
    void pushDecimal(std::string_view digits);
    void pushFloat();
    void pushGlobal(std::string_view module, std::string_view name);
    void append(std::span<const PickleRef> items);
    void setItems(std::span<const PickleRef> items);
    void countItems(std::size_t count);
    void remember(std::uint64_t key);
    void recall(std::uint64_t key);
    void reduce();
    PickleObject reduced(const PickleGlobal& global, const PickleObject& arguments) const;
    PickleObject orderedDict(const PickleObject& arguments) const;
    void build();
    void pushStorage();

    std::span<const std::byte> m_bytes;
    std::string m_where;
    std::size_t m_position = 0;
    std::size_t m_steps = 0;
    std::size_t m_items = 0;
    std::vector<PickleObject> m_objects;
    std::vector<PickleRef> m_stack;
    std::vector<std::size_t> m_marks;
    std::unordered_map<std::uint64_t, PickleRef> m_memo;
};

} // namespace bitdial
