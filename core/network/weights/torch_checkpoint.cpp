// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/torch_checkpoint.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/base/zip_archive.h"
#include "core/network/weights/torch_state_dict.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace bitdial {
namespace {

using Kind = PickleObject::Kind;

constexpr std::uint64_t longest_pickle = std::uint64_t(64) << 20;
/// 0x1950a86a20f9469cfc6c as a pickle stores it.
constexpr std::string_view legacy_magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
constexpr std::int64_t legacy_protocol = 1001;

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The PyTorch file cannot be read", where, why, next);
}

/// A torch.save archive: finds its files and refuses what is none.
class TorchArchive {
public:
    TorchArchive(std::span<const std::byte> bytes, const std::string& where)
        : m_zip(bytes, where), m_where(where)
    {
        m_root = findRoot();
        refuseTorchScript();
        refuseBigEndian();
    }

    std::span<const std::byte> pickle() const { return stored(m_root + "data.pkl"); }

    /// The bytes of a storage; each is checked against its checksum once only.
    std::span<const std::byte> storage(const TorchStorage& storage)
    {
        const auto known = m_storages.find(storage.key);
        const auto bytes = known != m_storages.end()
                               ? known->second
                               : stored(m_root + "data/" + std::string(storage.key));
        m_storages.emplace(storage.key, bytes);
        if (storage.count > bytes.size() / weightTypeBytes(storage.type))
            fail(m_where + ": entry '" + shownName(m_root + "data/" + std::string(storage.key)) +
                     "'",
                 "it has " + std::to_string(bytes.size()) + " bytes, too few for " +
                     std::to_string(storage.count) + " numbers",
                 "Get the file again");
        return bytes;
    }

private:
    std::string findRoot() const
    {
        constexpr std::string_view pickle_name = "data.pkl";
        for (const auto& entry : m_zip.entries()) {
            const auto slash = entry.name.find('/');
            if (slash != std::string::npos &&
                std::string_view(entry.name).substr(slash + 1) == pickle_name)
                return entry.name.substr(0, slash + 1);
        }
        fail(m_where, "it is a zip archive without data.pkl, and so no PyTorch checkpoint",
             "Give a file that torch.save wrote, or safetensors");
    }

    void refuseTorchScript() const
    {
        for (const auto& entry : m_zip.entries())
            if (entry.name == m_root + "constants.pkl" || entry.name.starts_with(m_root + "code/"))
                fail(m_where,
                     "it is a TorchScript archive, which contains a program; programs from files "
                     "are never run",
                     "Load it in PyTorch and save the state dict alone: "
                     "torch.save(model.state_dict(), FILE)");
    }

    void refuseBigEndian() const
    {
        if (m_zip.find(m_root + "byteorder") == nullptr)
            return; // before PyTorch 2.1 it was not written
        const auto order = stored(m_root + "byteorder");
        const std::string_view text(reinterpret_cast<const char*>(order.data()), order.size());
        if (text != "little")
            fail(m_where, "its byte order is '" + shownName(text) + "', not little",
                 "Save it again on a little-endian machine");
    }

    /// torch.save never compresses; what does not is read in place, without a copy.
    std::span<const std::byte> stored(const std::string& name) const
    {
        const auto* entry = m_zip.find(name);
        const auto place = m_where + ": entry '" + shownName(name) + "'";
        if (entry == nullptr)
            fail(place, "the archive does not have it", "Get the file again");
        if (entry->deflated)
            fail(place, "it is compressed, which torch.save never does",
                 "Save the checkpoint again with torch.save, or as safetensors");
        std::vector<std::byte> none;
        return m_zip.read(*entry, none);
    }

    ZipArchive m_zip;
    std::string m_where;
    std::string m_root; ///< with the slash
    std::map<std::string, std::span<const std::byte>, std::less<>> m_storages;
};

bool isInteger(const PickleObject& object, std::int64_t value)
{
    return object.kind == Kind::Int && object.integer == value;
}

/// The first three pickles of a legacy file.
void checkLegacyHeader(PickleMachine& machine)
{
    const auto& magic = machine.object(machine.run());
    if (magic.kind != Kind::BigInt || magic.text != legacy_magic)
        machine.fail("it is a pickle, but does not begin with PyTorch's magic number");
    if (!isInteger(machine.object(machine.run()), legacy_protocol))
        machine.fail("its protocol is not 1001, the only one there is");
    const auto& system = machine.object(machine.run());
    if (system.kind != Kind::Dict)
        machine.fail("the properties of the system that it was written on are no dict");
    for (std::size_t i = 0; i + 1 < system.items.size(); i += 2) {
        const auto& key = machine.object(system.items[i]);
        const auto& value = machine.object(system.items[i + 1]);
        if (key.kind == Kind::Text && key.text == "little_endian" && value.integer == 0)
            machine.fail("it was written on a big-endian machine");
    }
}

using LegacyStorages = std::map<std::string_view, std::span<const std::byte>>;

/// The storages behind the pickles, in the order of the keys: an int64 count, then the numbers.
LegacyStorages readLegacyStorages(std::span<const std::byte> bytes, PickleMachine& machine)
{
    const auto& keys = machine.object(machine.run());
    if (keys.kind != Kind::List)
        machine.fail("the keys of its storages are no list");
    std::map<std::string_view, TorchStorage> known;
    for (const auto& object : machine.objects())
        if (object.kind == Kind::Storage) {
            const auto storage = torchStorage(machine, object);
            const auto [place, added] = known.emplace(storage.key, storage);
            if (!added &&
                (place->second.type != storage.type || place->second.count != storage.count))
                machine.fail("storage '" + shownName(storage.key) + "' has two types or sizes");
        }
    LegacyStorages storages;
    auto rest = bytes.subspan(machine.position());
    for (const auto ref : keys.items) {
        const auto& key = machine.object(ref);
        const auto found = known.find(key.text);
        if (key.kind != Kind::Text || found == known.end())
            machine.fail("it lists a storage that no tensor has");
        const std::string named = "storage '" + shownName(key.text) + "'";
        std::uint64_t count = 0;
        if (rest.size() < sizeof count)
            machine.fail(named + " is cut off");
        std::memcpy(&count, rest.data(), sizeof count);
        rest = rest.subspan(sizeof count);
        const auto size = weightTypeBytes(found->second.type);
        if (count != found->second.count)
            machine.fail(named + " has " + std::to_string(count) +
                         " numbers, but its tensor says " + std::to_string(found->second.count));
        if (count > rest.size() / size)
            machine.fail(named + " is cut off");
        if (!storages.emplace(key.text, rest.first(std::size_t(count) * size)).second)
            machine.fail(named + " is listed twice");
        rest = rest.subspan(std::size_t(count) * size);
    }
    return storages;
}

} // namespace

bool isPickle(std::span<const std::byte> bytes)
{
    // A protocol mark, or how a pickle without one can begin that makes an object or a container.
    constexpr std::string_view first_opcodes = "\x80(c]}";
    return !bytes.empty() &&
           first_opcodes.find(std::to_integer<char>(bytes[0])) != std::string_view::npos;
}

WeightFile readTorchZip(std::span<const std::byte> bytes, const std::string& where)
{
    TorchArchive archive(bytes, where);
    const auto pickle = archive.pickle();
    if (pickle.size() > longest_pickle)
        fail(where, "its data.pkl has more than " + std::to_string(longest_pickle) + " bytes",
             "Save the state dict alone");
    PickleMachine machine(pickle, where + ": data.pkl");
    const auto root = machine.run();
    WeightFile file{"PyTorch zip", {}, {}, {}};
    WeightBudget budget(bytes.size());
    collectStateDict(
        machine, root, [&](const TorchStorage& storage) { return archive.storage(storage); },
        budget, file);
    return file;
}

WeightFile readTorchLegacy(std::span<const std::byte> bytes, const std::string& where)
{
    PickleMachine machine(bytes, where);
    checkLegacyHeader(machine);
    const auto root = machine.run();
    const auto storages = readLegacyStorages(bytes, machine);
    WeightFile file{"PyTorch legacy", {}, {}, {}};
    WeightBudget budget(bytes.size());
    const auto find = [&](const TorchStorage& storage) {
        const auto found = storages.find(storage.key);
        if (found == storages.end())
            machine.fail("storage '" + shownName(storage.key) + "' is not in the file");
        return found->second;
    };
    collectStateDict(machine, root, find, budget, file);
    return file;
}

} // namespace bitdial
