// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_text.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <charconv>
#include <cmath>

namespace bitdial {

namespace {

constexpr int max_depth = 32;
constexpr std::size_t max_members = 256;

class JsonReader {
public:
    JsonReader(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    JsonNode document()
    {
        JsonNode node = value(0);
        skipSpace();
        if (!atEnd())
            fail("there is text after the end of the JSON value");
        return node;
    }

private:
    [[noreturn]] void fail(const std::string& why) const
    {
        throw Error(ErrorCode::BadInput, "This is not valid JSON",
                    m_where + ":" + std::to_string(m_line) + ":" + std::to_string(m_column), why,
                    "Correct the file at this place");
    }

    bool atEnd() const { return m_position >= m_text.size(); }
    char peek() const { return atEnd() ? '\0' : m_text[m_position]; }

    char take()
    {
        const char c = m_text[m_position++];
        if (c == '\n') {
            ++m_line;
            m_column = 1;
        } else {
            ++m_column;
        }
        return c;
    }

    void skipSpace()
    {
        while (!atEnd() && std::string_view(" \t\r\n").find(peek()) != std::string_view::npos)
            take();
    }

    void expect(char c)
    {
        skipSpace();
        if (atEnd())
            fail(std::string("the file ends where '") + c + "' is expected");
        if (peek() != c)
            fail(std::string("'") + c + "' is expected here, not '" +
                 shownName(m_text.substr(m_position, 1)) + "'");
        take();
    }

    JsonNode value(int depth)
    {
        skipSpace();
        if (depth > max_depth)
            fail("it is nested deeper than " + std::to_string(max_depth) + " levels");
        if (++m_values > most_json_values)
            fail("there are more than " + std::to_string(most_json_values) + " values");
        if (atEnd())
            fail("the file ends where a value is expected");
        JsonNode node;
        node.line = m_line;
        node.column = m_column;
        if (peek() == '{')
            object(node, depth);
        else if (peek() == '[')
            array(node, depth);
        else if (peek() == '"') {
            node.kind = JsonNode::Kind::String;
            node.string = string();
        } else if (peek() == '-' || (peek() >= '0' && peek() <= '9'))
            number(node);
        else
            word(node);
        return node;
    }

    void object(JsonNode& node, int depth)
    {
        node.kind = JsonNode::Kind::Object;
        take();
        skipSpace();
        if (peek() == '}') {
            take();
            return;
        }
        for (;;) {
            skipSpace();
            JsonNode::Member member;
            member.line = m_line;
            member.column = m_column;
            if (peek() != '"')
                fail("a key in quotes is expected here");
            member.key = string();
            if (node.find(member.key) != nullptr)
                fail("the key '" + shownName(member.key) + "' stands twice in one object");
            if (node.members.size() == max_members)
                fail("one object has more than " + std::to_string(max_members) + " keys");
            expect(':');
            member.value = value(depth + 1);
            node.members.push_back(std::move(member));
            skipSpace();
            if (peek() == '}')
                break;
            expect(',');
        }
        take();
    }

    void array(JsonNode& node, int depth)
    {
        node.kind = JsonNode::Kind::Array;
        take();
        skipSpace();
        if (peek() == ']') {
            take();
            return;
        }
        for (;;) {
            node.items.push_back(value(depth + 1));
            skipSpace();
            if (peek() == ']')
                break;
            expect(',');
        }
        take();
    }

    std::string string()
    {
        std::string result;
        take();
        while (!atEnd() && peek() != '"') {
            if (static_cast<unsigned char>(peek()) < 0x20)
                fail("a string contains a control character; is its closing quote missing?");
            const char c = take();
            if (c == '\\')
                escape(result);
            else
                result.push_back(c);
        }
        if (atEnd())
            fail("the file ends inside a string");
        take();
        return result;
    }

    void escape(std::string& result)
    {
        constexpr std::string_view codes = "\"\\/bfnrt";
        constexpr std::string_view values = "\"\\/\b\f\n\r\t";
        const char c = atEnd() ? '\0' : take();
        if (const auto index = codes.find(c); c != '\0' && index != std::string_view::npos)
            result.push_back(values[index]);
        else if (c == 'u')
            appendUtf8(result, codePoint());
        else
            fail("unknown escape in a string");
    }

    unsigned codePoint()
    {
        unsigned code = hexDigits();
        if (code >= 0xD800 && code < 0xDC00 && m_text.substr(m_position, 2) == "\\u") {
            take();
            take();
            const unsigned low = hexDigits();
            if (low < 0xDC00 || low > 0xDFFF)
                fail("half of a surrogate pair in a string");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code <= 0xDFFF) {
            fail("half of a surrogate pair in a string");
        }
        return code;
    }

    unsigned hexDigits()
    {
        unsigned code = 0;
        const std::string_view digits = m_text.substr(m_position, 4);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        if (error != std::errc() || digits.size() < 4 || end != digits.data() + 4)
            fail("four hexadecimal digits are expected after \\u");
        for (int i = 0; i < 4; ++i)
            take();
        return code;
    }

    static void appendUtf8(std::string& result, unsigned code)
    {
        if (code < 0x80) {
            result.push_back(char(code));
            return;
        }
        const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        constexpr unsigned lead[] = {0, 0xC0, 0xE0, 0xF0};
        result.push_back(char(lead[extra] | (code >> (6 * extra))));
        for (int i = extra - 1; i >= 0; --i)
            result.push_back(char(0x80 | ((code >> (6 * i)) & 0x3F)));
    }

    void number(JsonNode& node)
    {
        node.kind = JsonNode::Kind::Number;
        std::size_t end = m_position;
        while (end < m_text.size() &&
               std::string_view("+-.eE0123456789").find(m_text[end]) != std::string_view::npos)
            ++end;
        const std::string_view digits = m_text.substr(m_position, end - m_position);
        const auto [last, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), node.number);
        const std::size_t sign = digits.front() == '-' ? 1 : 0;
        const bool leading_zero = digits.size() > sign + 1 && digits[sign] == '0' &&
                                  digits[sign + 1] >= '0' && digits[sign + 1] <= '9';
        if (error != std::errc() || last != digits.data() + digits.size() || leading_zero ||
            !std::isfinite(node.number))
            fail("'" + shownName(digits) + "' is no JSON number");
        while (m_position < end)
            take();
    }

    void word(JsonNode& node)
    {
        const auto matches = [this](std::string_view expected) {
            return m_text.substr(m_position, expected.size()) == expected;
        };
        std::size_t length = 4;
        if (matches("true") || matches("false")) {
            node.kind = JsonNode::Kind::Boolean;
            node.boolean = matches("true");
            length = node.boolean ? 4 : 5;
        } else if (!matches("null")) {
            const std::size_t end = m_text.find_first_of(" \t\r\n,]}:", m_position);
            fail("'" + shownName(m_text.substr(m_position, end - m_position).substr(0, 32)) +
                 "' is no JSON value");
        }
        for (std::size_t i = 0; i < length; ++i)
            take();
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_position = 0;
    int m_line = 1;
    int m_column = 1;
    int m_values = 0;
};

} // namespace

const JsonNode* JsonNode::find(std::string_view key) const
{
    for (const Member& member : members)
        if (member.key == key)
            return &member.value;
    return nullptr;
}

JsonNode parseJsonText(std::string_view text, const std::string& where)
{
    return JsonReader(text, where).document();
}

} // namespace bitdial
