// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/zip_builder.h"

#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace bitdial::test {

inline std::vector<std::byte> bytesOf(const std::string& text)
{
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

/// The bytes of numbers as they lie in memory.
template <typename T> std::string raw(const std::vector<T>& values)
{
    std::string text(values.size() * sizeof(T), '\0');
    std::memcpy(text.data(), values.data(), text.size());
    return text;
}

/// A safetensors file with this header; `length` may lie about it.
inline std::vector<std::byte> safetensors(const std::string& header, const std::string& data,
                                          std::optional<std::uint64_t> length = {})
{
    return bytesOf(ZipBuilder::number(length.value_or(header.size()), 8) + header + data);
}

/// The few pickle opcodes that torch.save writes (protocol 2).
namespace pickle {

inline std::string text(const std::string& value)
{
    return "X" + ZipBuilder::number(value.size(), 4) + value;
}
inline std::string integer(std::int32_t value)
{
    return "J" + ZipBuilder::number(std::uint32_t(value), 4);
}
inline std::string global(const std::string& module, const std::string& name)
{
    return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string>& items)
{
    std::string all = "(";
    for (const auto& item : items)
        all += item;
    return all + "t";
}
inline std::string integers(const std::vector<std::int32_t>& values)
{
    std::string all = "(";
    for (const auto value : values)
        all += integer(value);
    return all + "t";
}
/// A dict of key, value, key, value ...
inline std::string dict(const std::vector<std::string>& items)
{
    std::string all = "}(";
    for (const auto& item : items)
        all += item;
    return all + "u";
}
inline std::string storage(const std::string& type, const std::string& key, std::int32_t count)
{
    return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(count)}) +
           "Q";
}
/// As torch._utils._rebuild_tensor_v2 makes it.
inline std::string tensor(const std::string& storage_id, std::int32_t offset,
                          const std::vector<std::int32_t>& sizes,
                          const std::vector<std::int32_t>& strides)
{
    return global("torch._utils", "_rebuild_tensor_v2") +
           tuple({storage_id, integer(offset), integers(sizes), integers(strides), "\x89",
                  global("collections", "OrderedDict") + ")R"}) +
           "R";
}
/// A whole pickle.
inline std::string whole(const std::string& value)
{
    return "\x80\x02" + value + ".";
}

} // namespace pickle

/// A torch.save archive with these storages (key and bytes).
inline std::vector<std::byte>
torchZip(const std::string& value, const std::vector<std::pair<std::string, std::string>>& storages,
         const std::vector<ZipItem>& more = {})
{
    ZipBuilder zip;
    zip.add({.name = "archive/data.pkl", .content = pickle::whole(value)});
    for (const auto& [key, content] : storages)
        zip.add({.name = "archive/data/" + key, .content = content});
    for (const auto& item : more)
        zip.add(item);
    return zip.bytes();
}

/// The pickles before the object of a legacy file.
inline std::string legacyHeader(bool little_endian = true)
{
    using namespace pickle;
    return whole("\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19") + whole(integer(1001)) +
           whole(dict({text("protocol_version"), integer(1001), text("little_endian"),
                       little_endian ? "\x88" : "\x89"}));
}

/// A legacy file: one storage under `key`, `count` numbers that are `content`.
inline std::vector<std::byte> torchLegacy(const std::string& value, const std::string& key,
                                          std::uint64_t count, const std::string& content)
{
    return bytesOf(legacyHeader() + pickle::whole(value) +
                   pickle::whole("](" + pickle::text(key) + "e") + ZipBuilder::number(count, 8) +
                   content);
}

} // namespace bitdial::test
