// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/hardware/profile/hardware_profile.h"

#include <nlohmann/json.hpp>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace bitdial;
using Json = nlohmann::ordered_json;

namespace {

const std::filesystem::path folder = BITDIAL_SOURCE_DIR "/profiles";

bool valid(const Json& schema, const Json& value);

bool hasType(const std::string& type, const Json& value)
{
    if (type == "object")
        return value.is_object();
    if (type == "array")
        return value.is_array();
    if (type == "string")
        return value.is_string();
    if (type == "boolean")
        return value.is_boolean();
    if (type == "integer")
        return value.is_number() && value.get<double>() == std::floor(value.get<double>());
    return type == "number" && value.is_number();
}

bool validObject(const Json& schema, const Json& value)
{
    for (const Json& key : schema.value("required", Json::array()))
        if (!value.contains(key.get<std::string>()))
            return false;
    if (value.size() < schema.value("minProperties", std::size_t(0)))
        return false;
    const Json dependent = schema.value("dependentRequired", Json::object());
    for (const auto& [key, needed] : dependent.items())
        for (const Json& other : needed)
            if (value.contains(key) && !value.contains(other.get<std::string>()))
                return false;
    for (const auto& [key, member] : value.items()) {
        if (schema.contains("propertyNames") && !valid(schema["propertyNames"], key))
            return false;
        if (schema.contains("properties") && schema["properties"].contains(key)) {
            if (!valid(schema["properties"][key], member))
                return false;
        } else if (schema.contains("additionalProperties")) {
            const Json& more = schema["additionalProperties"];
            if (more.is_boolean() ? !more.get<bool>() : !valid(more, member))
                return false;
        }
    }
    return true;
}

bool validArray(const Json& schema, const Json& value)
{
    return value.size() >= schema.value("minItems", std::size_t(0)) &&
           value.size() <= schema.value("maxItems", std::size_t(1) << 40) &&
           (!schema.contains("items") ||
            std::all_of(value.begin(), value.end(),
                        [&](const Json& item) { return valid(schema["items"], item); }));
}

bool validCombinations(const Json& schema, const Json& value)
{
    if (schema.contains("oneOf") &&
        std::count_if(schema["oneOf"].begin(), schema["oneOf"].end(),
                      [&](const Json& one) { return valid(one, value); }) != 1)
        return false;
    for (const Json& one : schema.value("allOf", Json::array()))
        if (!valid(one, value))
            return false;
    if (schema.contains("not") && valid(schema["not"], value))
        return false;
    return !schema.contains("if") || !valid(schema["if"], value) || valid(schema["then"], value);
}

/// The part of JSON Schema 2020-12 that profile.schema.json uses.
bool valid(const Json& schema, const Json& value)
{
    if (schema.contains("type") && !hasType(schema["type"], value))
        return false;
    if (schema.contains("const") && schema["const"] != value)
        return false;
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
        return false;
    if (value.is_number() &&
        ((schema.contains("maximum") && value.get<double>() > schema["maximum"].get<double>()) ||
         (schema.contains("minimum") && value.get<double>() < schema["minimum"].get<double>()) ||
         (schema.contains("exclusiveMinimum") &&
          value.get<double>() <= schema["exclusiveMinimum"].get<double>())))
        return false;
    if (value.is_string() &&
        value.get<std::string>().size() < schema.value("minLength", std::size_t(0)))
        return false;
    return (!value.is_object() || validObject(schema, value)) &&
           (!value.is_array() || validArray(schema, value)) && validCombinations(schema, value);
}

const Json& schema()
{
    static const Json json = Json::parse(readTextFile(folder / "profile.schema.json"));
    return json;
}

/// Every keyword of the schema is one that valid() knows.
void knownKeywords(const Json& node, bool names)
{
    static const std::vector<std::string> known = {"$schema",
                                                   "title",
                                                   "description",
                                                   "type",
                                                   "maximum",
                                                   "required",
                                                   "const",
                                                   "enum",
                                                   "minimum",
                                                   "items",
                                                   "oneOf",
                                                   "allOf",
                                                   "not",
                                                   "if",
                                                   "then",
                                                   "minLength",
                                                   "exclusiveMinimum",
                                                   "minItems",
                                                   "maxItems",
                                                   "properties",
                                                   "additionalProperties",
                                                   "minProperties",
                                                   "propertyNames",
                                                   "dependentRequired"};
    if (node.is_array())
        for (const Json& item : node)
            knownKeywords(item, false);
    if (!node.is_object())
        return;
    for (const auto& [key, value] : node.items()) {
        QVERIFY2(names || std::find(known.begin(), known.end(), key) != known.end(), key.c_str());
        if (key != "enum" && key != "const" && key != "required" && key != "dependentRequired")
            knownKeywords(value, !names && key == "properties");
    }
}

} // namespace

/// The schema and the reader agree on what a profile is.
class TestProfileSchema : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theTestKnowsTheSchemasKeywords() { knownKeywords(schema(), false); }

    void everyProfileIsValid()
    {
        int count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const std::string name = entry.path().filename().string();
            if (!name.ends_with(".json") || name.ends_with(".schema.json"))
                continue;
            QVERIFY2(valid(schema(), Json::parse(readTextFile(entry.path()))), name.c_str());
            const auto profile = openProfile(entry.path().string());
            QCOMPARE(profile->name() + ".json", name);
            for (const std::string& warning : profile->warnings())
                QVERIFY2(false, warning.c_str());
            ++count;
        }
        QVERIFY(count >= 16);
    }

    void bothRefuse_data()
    {
        QTest::addColumn<QString>("profile");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("value");
        const auto row = [](const char* path, const char* value, const char* profile) {
            QTest::addRow("%s %s", path, value) << profile << path << value;
        };
        for (const char* path :
             {"/clock_hz", "/cores", "/memory/l1/bytes", "/dma/setup_cycles",
              "/kernels/0/cycles/step", "/kernels/0/array/rows", "/power/active_mw"})
            for (const char* value : {"-1", "null", "\"8\"", "[]"})
                row(path, value, "mpic");
        row("/kernels/0/array/rows", "0", "mpic");
        row("/kernels/0/array/depth", "2", "mpic");
        row("/kernels/0/cycles/pair", "2", "mpic");
        row("/kernels/0/cycles/step", "2", "gap8");
        row("/kernels/0/provenance", "\"guessed\"", "mpic");
        row("/kernels/0/in_bits", "3", "mpic");
        row("/kernels/0/pointwise", "{}", "mpic");
        row("/numerics/dialect", "\"arm\"", "mpic");
        row("/power/pj_per_mac", "3", "mpic");
        row("/power/watts", "3", "mpic");
        row("/power", "{}", "mpic");
        row("/power", R"({"pj_per_mac":{"8/3":1}})", "mpic");
        row("/measured", "{}", "mpic");
        row("/measured", R"([{"scope":"kernel"}])", "mpic");
        row("/unknown", "1", "mpic");
    }

    void bothRefuse()
    {
        QFETCH(QString, profile);
        QFETCH(QString, path);
        QFETCH(QString, value);
        Json json = Json::parse(readTextFile(folder / (profile.toStdString() + ".json")));
        json[Json::json_pointer(path.toStdString())] = Json::parse(value.toStdString());
        QVERIFY(!valid(schema(), json));
        QVERIFY_EXCEPTION_THROWN(parseProfile(json.dump(), "p.json"), Error);
    }
};

QTEST_GUILESS_MAIN(TestProfileSchema)
#include "tst_profile_schema.moc"
