// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "tests/support/watched_run.h"

#include <QtTest>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bitdial::test {

/// A way in which a text file can be wrong, or only unusual: F21 of the list of faults.
struct TextFault {
    const char* name;
    std::function<std::string(const std::string& good)> spoil;
    bool accepted = false;
    std::uint64_t sparse_bytes = 0; ///< the file's size, where it is zeros that take no space
};

inline std::string repeated(const std::string& part, std::size_t count)
{
    std::string all;
    all.reserve(part.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        all += part;
    return all;
}

inline std::string utf16(const std::string& text, bool big_endian)
{
    std::string wide;
    for (const char c : text) {
        wide += big_endian ? '\0' : c;
        wide += big_endian ? c : '\0';
    }
    return wide;
}

inline std::string withCrLf(const std::string& text)
{
    std::string all;
    for (const char c : text)
        all += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return all;
}

/// Members, rows and lists by the million: small pieces grow most when they are parsed.
inline std::string manyKeys(std::size_t count)
{
    std::string all = "{";
    for (std::size_t i = 0; i < count; ++i)
        all += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return all + "}";
}

inline const std::vector<TextFault>& textFaults()
{
    constexpr std::size_t large = std::size_t(48) << 20;
    static const std::string laughs =
        "a: &a [\"lol\",\"lol\"]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\n";
    static const std::vector<TextFault> faults = {
        {"F21 UTF-16, little-endian",
         [](const std::string& good) { return "\xFF\xFE" + utf16(good, false); }},
        {"F21 UTF-16, big-endian",
         [](const std::string& good) { return "\xFE\xFF" + utf16(good, true); }},
        {"F21 UTF-16 without mark", [](const std::string& good) { return utf16(good, false); }},
        {"F21 Latin-1", [](const std::string& good) { return good + "\xE9\n"; }},
        {"F21 byte-order mark", [](const std::string& good) { return "\xEF\xBB\xBF" + good; },
         true},
        {"F21 CRLF", withCrLf, true},
        {"F21 a line of 1 GB", [](const std::string&) { return std::string(); }, false,
         std::uint64_t(1) << 30},
        {"F21 a line of 48 MiB", [](const std::string&) { return std::string(large, 'a'); }},
        {"F21 10,000 lists deep",
         [](const std::string&) { return std::string(10'000, '[') + std::string(10'000, ']'); }},
        {"F21 10,000 objects deep",
         [](const std::string&) {
             return repeated("{\"a\":", 10'000) + "0" + std::string(10'000, '}');
         }},
        {"F21 billion laughs", [](const std::string&) { return laughs; }},
        {"F21 millions of values",
         [](const std::string&) { return "[0" + repeated(",0", large / 2) + "]"; }},
        {"F21 millions of commas", [](const std::string&) { return std::string(large, ','); }},
        {"F21 millions of lines",
         [](const std::string& good) { return good + std::string(large, '\n') + "x"; }},
        {"F21 millions of keys", [](const std::string&) { return manyKeys(4'000'000); }},
    };
    return faults;
}

/// A test's rows: indices of textFaults() in the column "index".
inline void addTextFaultRows()
{
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < textFaults().size(); ++i)
        QTest::newRow(textFaults()[i].name) << int(i);
}

/// Writes `good` with the fault to `path` and verifies that `read` refuses it there in a few words,
/// or accepts what is only unusual, in bounded memory.
inline void verifyTextFault(const TextFault& fault, const std::string& good,
                            const std::filesystem::path& path, const std::function<void()>& read)
{
    writeFileAtomically(path, std::string_view(fault.spoil(good)));
    if (fault.sparse_bytes != 0)
        std::filesystem::resize_file(path, fault.sparse_bytes);
    const auto size = std::filesystem::file_size(path);
    const auto run = watchedRun(read);
    QVERIFY2(fault.accepted ? run.message == "(read)" : run.refused(), run.message.c_str());
    QVERIFY2(run.message.size() < 2000, run.message.c_str());
    if (BITDIAL_WATCHES_MEMORY)
        QVERIFY2(run.grown_bytes <= allowedBytes(size), std::to_string(run.grown_bytes).c_str());
}

} // namespace bitdial::test
