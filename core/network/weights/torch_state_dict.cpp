// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/torch_state_dict.h"

#include "core/base/shown_name.h"

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

using Kind = PickleObject::Kind;

constexpr int deepest_nesting = 4;
constexpr std::size_t most_axes = 16;
constexpr std::size_t shown_keys = 10;
constexpr std::size_t most_tensors = 100'000;
constexpr std::size_t most_listed = 1000;
/// Under which keys training programs keep the state dict, the likeliest first.
constexpr std::string_view nested_keys[] = {"state_dict", "model_state_dict", "model",  "net",
                                            "network",    "module",           "params", "weights"};

/// Shortened: the same long text may stand for any number of entries.
void ignore(WeightFile& file, std::string_view name)
{
    if (file.ignored.size() < most_listed)
        file.ignored.push_back(shownName(name));
}

/// Goes through a checkpoint's containers.
class StateDictFinder {
public:
    StateDictFinder(const PickleMachine& machine, WeightFile& file)
        : m_machine(machine), m_file(file)
    {
    }

    /// The dict with the tensors; fails where there is none.
    const PickleObject& find(PickleRef root)
    {
        const auto& object = m_machine.object(root);
        if (object.kind != Kind::Dict)
            m_machine.fail("its outermost object is no dict, and so holds no state dict");
        const auto* found = descend(object, 0);
        if (found == nullptr)
            m_machine.fail("there is no dict of tensors in it; its keys are " + keysOf(object));
        return *found;
    }

private:
    const PickleObject* descend(const PickleObject& dict, int depth)
    {
        if (!m_visited.insert(&dict).second)
            return nullptr; // a dict may contain itself
        for (const auto key : nested_keys) {
            const auto* inner = valueOf(dict, key);
            if (inner == nullptr || inner->kind != Kind::Dict || depth == deepest_nesting)
                continue;
            if (const auto* found = descend(*inner, depth + 1)) {
                ignoreAllBut(dict, key);
                return found;
            }
        }
        return holdsTensor(dict) ? &dict : nullptr;
    }

    const PickleObject* valueOf(const PickleObject& dict, std::string_view key) const
    {
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
            const auto& name = m_machine.object(dict.items[i]);
            if (name.kind == Kind::Text && name.text == key)
                return &m_machine.object(dict.items[i + 1]);
        }
        return nullptr;
    }

    bool holdsTensor(const PickleObject& dict) const
    {
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
            if (m_machine.object(dict.items[i + 1]).kind == Kind::Tensor)
                return true;
        return false;
    }

    void ignoreAllBut(const PickleObject& dict, std::string_view key)
    {
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
            const auto& name = m_machine.object(dict.items[i]);
            if (name.kind == Kind::Text && name.text != key)
                ignore(m_file, name.text);
        }
    }

    std::string keysOf(const PickleObject& dict) const
    {
        std::string keys;
        for (std::size_t i = 0; i + 1 < dict.items.size() && i < 2 * shown_keys; i += 2) {
            const auto& name = m_machine.object(dict.items[i]);
            keys += keys.empty() ? "" : ", ";
            keys += name.kind == Kind::Text ? "'" + shownName(name.text) + "'" : "a number";
        }
        return keys.empty() ? "none" : keys;
    }

    const PickleMachine& m_machine;
    WeightFile& m_file;
    std::set<const PickleObject*> m_visited;
};

std::vector<std::int64_t> integers(const PickleMachine& machine, PickleRef tuple)
{
    const auto& items = machine.object(tuple).items;
    if (items.size() > most_axes)
        machine.fail("a tensor in it has more than " + std::to_string(most_axes) + " axes");
    std::vector<std::int64_t> values;
    for (const auto ref : items) {
        if (machine.object(ref).kind != Kind::Int)
            machine.fail("a size or stride in it is no integer of 64 bits");
        values.push_back(machine.object(ref).integer);
    }
    return values;
}

NamedTensor readTensor(const PickleMachine& machine, std::string_view name,
                       const PickleObject& tensor, const StorageBytes& bytes, WeightBudget& budget)
{
    const auto storage = torchStorage(machine, machine.object(tensor.items[0]));
    const auto offset = machine.object(tensor.items[1]).integer;
    StridedView view{0, integers(machine, tensor.items[2]), integers(machine, tensor.items[3])};
    const std::string named = "tensor '" + shownName(name) + "'";
    view.offset = std::uint64_t(std::max<std::int64_t>(offset, 0));
    if (offset < 0 || !fitsStorage(view, storage.view_count))
        machine.fail(named + " reaches outside its storage of " +
                     std::to_string(storage.view_count) + " numbers");
    if (!budget.take(elementCount(view.sizes).value_or(0)))
        machine.fail(named + " and those before it need too much memory as 32-bit floats");
    view.offset += storage.view_offset;
    auto values = gatherFloats(storage.type, bytes(storage), view);
    return {std::string(name), std::move(view.sizes), std::move(values)};
}

} // namespace

TorchStorage torchStorage(const PickleMachine& machine, const PickleObject& object)
{
    TorchStorage storage;
    storage.key = machine.object(object.items[1]).text;
    storage.type = object.global.type;
    const auto count = machine.object(object.items[3]).integer;
    if (count < 0)
        machine.fail("a storage in it has a negative number of elements");
    storage.count = storage.view_count = std::uint64_t(count);
    if (object.items.size() < 5 || machine.object(object.items[4]).kind == Kind::None)
        return storage;
    const auto& view = machine.object(object.items[4]); // key, offset and count of a part
    if (view.kind != Kind::Tuple || view.items.size() != 3 ||
        machine.object(view.items[1]).kind != Kind::Int ||
        machine.object(view.items[2]).kind != Kind::Int)
        machine.fail("the view of a storage in it is not made of key, offset and count");
    const auto offset = machine.object(view.items[1]).integer;
    const auto part = machine.object(view.items[2]).integer;
    if (offset < 0 || part < 0 || offset > count || part > count - offset)
        machine.fail("the view of a storage in it reaches outside the storage");
    storage.view_offset = std::uint64_t(offset);
    storage.view_count = std::uint64_t(part);
    return storage;
}

void collectStateDict(const PickleMachine& machine, PickleRef root, const StorageBytes& bytes,
                      WeightBudget& budget, WeightFile& file)
{
    const auto& dict = StateDictFinder(machine, file).find(root);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        const auto& name = machine.object(dict.items[i]);
        const auto& value = machine.object(dict.items[i + 1]);
        if (name.kind != Kind::Text)
            continue;
        if (value.kind != Kind::Tensor) {
            ignore(file, name.text);
            continue;
        }
        if (!names.insert(name.text).second)
            machine.fail("two tensors have the name '" + shownName(name.text) + "'");
        if (names.size() > most_tensors)
            machine.fail("it has more than " + std::to_string(most_tensors) + " tensors");
        file.tensors.push_back(readTensor(machine, name.text, value, bytes, budget));
    }
}

} // namespace bitdial
