// SPDX-License-Identifier: Apache-2.0
// What PickleMachine does to objects: numbers, containers, the memo and the allowed globals.
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/weights/pickle_machine.h"

#include <bit>
#include <charconv>
#include <utility>

namespace bitdial {
namespace {

constexpr std::size_t longest_long = 1000; // bytes of an integer
constexpr std::size_t most_memo = 1'000'000;

} // namespace

void PickleMachine::pushLong(std::string_view bytes)
{
    if (bytes.size() > longest_long)
        fail("it has an integer of " + std::to_string(bytes.size()) + " bytes");
    if (bytes.size() > sizeof(std::int64_t)) {
        pushNew(PickleObject::ofText(Kind::BigInt, bytes));
        return;
    }
    const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
    std::uint64_t value = negative ? ~std::uint64_t(0) : 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
        value = value << 8U | static_cast<unsigned char>(bytes[i]);
    pushNew(PickleObject::ofInteger(Kind::Int, std::int64_t(value)));
}

void PickleMachine::pushDecimal(std::string_view digits)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
        fail("'" + shownName(digits) + "' is no integer of 64 bits");
    pushNew(PickleObject::ofInteger(Kind::Int, value));
}

void PickleMachine::pushFloat()
{
    std::uint64_t bits = 0;
    for (const auto byte : take(8)) // the one big-endian number of the format
        bits = bits << 8U | std::to_integer<std::uint64_t>(byte);
    PickleObject value;
    value.kind = Kind::Float;
    value.real = std::bit_cast<double>(bits);
    pushNew(std::move(value));
}

void PickleMachine::pushGlobal(std::string_view module, std::string_view name)
{
    const auto global = allowedGlobal(module, name);
    if (!global)
        throw Error(ErrorCode::BadInput, "The PyTorch file is refused",
                    m_where + ": byte " + std::to_string(m_position),
                    "it asks for '" + shownName(module) + "." + shownName(name) +
                        "'; only tensors and plain containers are read, and nothing from the file "
                        "is ever run",
                    "If you trust where it comes from, load it in PyTorch and save the state dict "
                    "alone: torch.save(model.state_dict(), FILE), or as safetensors");
    PickleObject value;
    value.kind = Kind::Global;
    value.global = *global;
    pushNew(std::move(value));
}

void PickleMachine::append(std::span<const PickleRef> items)
{
    auto& list = m_objects[top()];
    if (list.kind != Kind::List)
        fail("it appends to what is no list");
    countItems(items.size());
    list.items.insert(list.items.end(), items.begin(), items.end());
}

void PickleMachine::setItems(std::span<const PickleRef> items)
{
    auto& dict = m_objects[top()];
    if (dict.kind != Kind::Dict || items.size() % 2 != 0)
        fail("it sets an item of what is no dict");
    countItems(items.size());
    dict.items.insert(dict.items.end(), items.begin(), items.end());
}

void PickleMachine::remember(std::uint64_t key)
{
    const auto ref = top();
    if (m_memo.size() == most_memo)
        fail("it remembers more than " + std::to_string(most_memo) + " objects");
    m_memo[key] = ref;
}

void PickleMachine::recall(std::uint64_t key)
{
    const auto found = m_memo.find(key);
    if (found == m_memo.end())
        fail("it recalls an object that it has not remembered");
    push(found->second);
}

void PickleMachine::reduce()
{
    const auto arguments = pop();
    const auto callable = pop();
    if (object(callable).kind != Kind::Global || object(arguments).kind != Kind::Tuple)
        fail("it asks to call what is no known name; nothing from the file is run");
    const auto& global = object(callable).global;
    const auto& items = object(arguments).items;
    // These two give what they are given, which then is shared and not copied.
    if ((global.kind == PickleGlobal::Kind::Size && items.size() == 1 &&
         object(items[0]).kind == Kind::Tuple) ||
        (global.kind == PickleGlobal::Kind::RebuildParameter && !items.empty() &&
         object(items[0]).kind == Kind::Tensor)) {
        push(items[0]);
        return;
    }
    pushNew(reduced(global, object(arguments)));
}

PickleObject PickleMachine::reduced(const PickleGlobal& global, const PickleObject& arguments) const
{
    if (global.kind == PickleGlobal::Kind::OrderedDict)
        return orderedDict(arguments);
    if (global.kind != PickleGlobal::Kind::RebuildTensor)
        fail("a size or parameter in it is made of the wrong values");
    const auto& from = arguments.items;
    const auto is = [&](std::size_t i, Kind kind) { return object(from[i]).kind == kind; };
    if (from.size() < 4 || !is(0, Kind::Storage) || !is(1, Kind::Int) || !is(2, Kind::Tuple) ||
        !is(3, Kind::Tuple))
        fail("a tensor in it is not made of storage, offset, sizes and strides");
    return PickleObject::ofItems(Kind::Tensor, {from.begin(), from.begin() + 4});
}

PickleObject PickleMachine::orderedDict(const PickleObject& arguments) const
{
    auto dict = PickleObject::ofItems(Kind::Dict);
    if (arguments.items.empty())
        return dict;
    // Python 2 writes one list of pairs.
    if (arguments.items.size() != 1 || object(arguments.items[0]).kind != Kind::List)
        fail("an ordered dict in it is not made of pairs");
    for (const auto ref : object(arguments.items[0]).items) {
        const auto& pair = object(ref);
        if ((pair.kind != Kind::List && pair.kind != Kind::Tuple) || pair.items.size() != 2)
            fail("an ordered dict in it is not made of pairs");
        dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
    }
    return dict;
}

/// Attributes of an object. PyTorch gives a state dict `_metadata` in this way; it says nothing
/// about the tensors.
void PickleMachine::build()
{
    const auto state = pop();
    if (object(state).kind != Kind::Dict || object(top()).kind != Kind::Dict)
        fail("it gives attributes to what is no dict");
}

void PickleMachine::pushStorage()
{
    const auto id = pop();
    const auto& parts = object(id).items;
    const auto is = [&](std::size_t i, Kind kind) { return object(parts[i]).kind == kind; };
    const bool whole = object(id).kind == Kind::Tuple && parts.size() >= 5 && parts.size() <= 6 &&
                       is(0, Kind::Text) && object(parts[0]).text == "storage" &&
                       is(1, Kind::Global) &&
                       object(parts[1]).global.kind == PickleGlobal::Kind::Storage &&
                       is(2, Kind::Text) && is(3, Kind::Text) && is(4, Kind::Int);
    if (!whole)
        fail("a storage in it is not made of type, key, location and count");
    auto storage = PickleObject::ofItems(Kind::Storage, {parts.begin() + 1, parts.end()});
    storage.global = object(parts[1]).global;
    pushNew(std::move(storage));
}

} // namespace bitdial
