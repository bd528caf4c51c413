// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/pickle_machine.h"

#include "core/base/error.h"

#include <algorithm>
#include <utility>

namespace bitdial {
namespace {

constexpr std::size_t most_steps = 10'000'000;
constexpr std::size_t most_objects = 1'000'000;
constexpr std::size_t most_items = 4'000'000;
constexpr std::size_t longest_line = 1000;
constexpr unsigned newest_protocol = 5;

// Opcodes that are no printable character (Python's Lib/pickle.py).
constexpr unsigned op_proto = 0x80;
constexpr unsigned op_frame = 0x95;
constexpr unsigned op_newobj = 0x81;
constexpr unsigned op_newobj_ex = 0x92;
constexpr unsigned op_ext1 = 0x82;
constexpr unsigned op_ext4 = 0x84;

} // namespace

PickleMachine::PickleMachine(std::span<const std::byte> bytes, std::string where)
    : m_bytes(bytes), m_where(std::move(where))
{
}

void PickleMachine::fail(const std::string& why) const
{
    throw Error(ErrorCode::BadInput, "The PyTorch file cannot be read",
                m_where + ": byte " + std::to_string(m_position), why,
                "Save the state dict alone: torch.save(model.state_dict(), FILE), or as "
                "safetensors");
}

PickleRef PickleMachine::run()
{
    m_stack.clear();
    m_marks.clear();
    m_memo.clear();
    for (;;) {
        if (++m_steps > most_steps)
            fail("it has more than " + std::to_string(most_steps) + " instructions");
        const auto opcode = unsigned(number(1));
        if (opcode == '.')
            return pop();
        step(opcode);
    }
}

void PickleMachine::step(unsigned opcode)
{
    const bool known = stepNumber(opcode) || stepText(opcode) || stepContainer(opcode) ||
                       stepStack(opcode) || stepObject(opcode);
    if (!known)
        refuseOpcode(opcode);
}

void PickleMachine::refuseOpcode(unsigned opcode)
{
    --m_position; // the error names the opcode's own byte
    if (opcode == 'i') {
        ++m_position;
        const auto module = line();
        const auto name = line();
        pushGlobal(module, name); // refuses it by its name
    }
    if (opcode == 'o' || opcode == 'i' || opcode == op_newobj || opcode == op_newobj_ex)
        fail("it asks to make an object of a class; only tensors and plain containers are read");
    if (opcode >= op_ext1 && opcode <= op_ext4)
        fail("it asks for a name of Python's extension registry; nothing from the file is run");
    fail("it has the pickle instruction " + std::to_string(opcode) +
         ", which no checkpoint of PyTorch needs");
}

bool PickleMachine::stepNumber(unsigned opcode)
{
    switch (opcode) {
    case 'N':
        pushNew({});
        return true;
    case 0x88:
    case 0x89:
        pushNew(PickleObject::ofInteger(Kind::Bool, opcode == 0x88 ? 1 : 0));
        return true;
    case 'I': {
        const auto digits = line();
        if (digits == "00" || digits == "01") // how protocol 1 writes False and True
            pushNew(PickleObject::ofInteger(Kind::Bool, digits == "01" ? 1 : 0));
        else
            pushDecimal(digits);
        return true;
    }
    case 'L': {
        auto digits = line();
        if (digits.ends_with('L'))
            digits.remove_suffix(1);
        pushDecimal(digits);
        return true;
    }
    case 'J':
        pushNew(PickleObject::ofInteger(Kind::Int, std::int32_t(number(4))));
        return true;
    case 'K':
        pushNew(PickleObject::ofInteger(Kind::Int, std::int64_t(number(1))));
        return true;
    case 'M':
        pushNew(PickleObject::ofInteger(Kind::Int, std::int64_t(number(2))));
        return true;
    case 0x8A:
        pushLong(textOf(number(1)));
        return true;
    case 0x8B:
        pushLong(textOf(number(4)));
        return true;
    case 'G':
        pushFloat();
        return true;
    default:
        return false;
    }
}

bool PickleMachine::stepText(unsigned opcode)
{
    int length_bytes = 0;
    auto kind = Kind::Text;
    switch (opcode) {
    case 'U': // Python 2's strings: names, in old checkpoints
    case 0x8C:
        length_bytes = 1;
        break;
    case 'T':
    case 'X':
        length_bytes = 4;
        break;
    case 0x8D:
        length_bytes = 8;
        break;
    case 'C':
        length_bytes = 1;
        kind = Kind::Bytes;
        break;
    case 'B':
        length_bytes = 4;
        kind = Kind::Bytes;
        break;
    case 0x8E:
    case 0x96:
        length_bytes = 8;
        kind = Kind::Bytes;
        break;
    default:
        return false;
    }
    pushNew(PickleObject::ofText(kind, textOf(number(length_bytes))));
    return true;
}

bool PickleMachine::stepContainer(unsigned opcode)
{
    switch (opcode) {
    case ')':
        pushNew(PickleObject::ofItems(Kind::Tuple));
        return true;
    case 0x85:
    case 0x86:
    case 0x87:
        pushNew(PickleObject::ofItems(Kind::Tuple, popTuple(opcode - 0x84)));
        return true;
    case 't':
        pushNew(PickleObject::ofItems(Kind::Tuple, popMark()));
        return true;
    case ']':
        pushNew(PickleObject::ofItems(Kind::List));
        return true;
    case 'l':
        pushNew(PickleObject::ofItems(Kind::List, popMark()));
        return true;
    case '}':
        pushNew(PickleObject::ofItems(Kind::Dict));
        return true;
    case 'd': {
        const auto items = popMark();
        pushNew(PickleObject::ofItems(Kind::Dict));
        setItems(items);
        return true;
    }
    case 'a':
        append(popTuple(1));
        return true;
    case 'e':
        append(popMark());
        return true;
    case 's':
        setItems(popTuple(2));
        return true;
    case 'u':
        setItems(popMark());
        return true;
    default:
        return false;
    }
}

bool PickleMachine::stepStack(unsigned opcode)
{
    switch (opcode) {
    case op_proto:
        if (const auto protocol = number(1); protocol > newest_protocol)
            fail("it is a pickle of protocol " + std::to_string(protocol) +
                 "; the newest known is 5");
        return true;
    case op_frame: // says how much could be read ahead
        if (number(8) > m_bytes.size() - m_position)
            fail("it is cut off");
        return true;
    case '(':
        if (m_marks.size() == most_objects)
            fail("it has too many open marks");
        m_marks.push_back(m_stack.size());
        return true;
    case '0':
        pop();
        return true;
    case '1':
        popMark();
        return true;
    case '2':
        push(top());
        return true;
    case 'q':
        remember(number(1));
        return true;
    case 'r':
        remember(number(4));
        return true;
    case 0x94:
        remember(m_memo.size());
        return true;
    case 'h':
        recall(number(1));
        return true;
    case 'j':
        recall(number(4));
        return true;
    default:
        return false;
    }
}

bool PickleMachine::stepObject(unsigned opcode)
{
    switch (opcode) {
    case 'c': {
        const auto module = line();
        const auto name = line();
        pushGlobal(module, name);
        return true;
    }
    case 0x93: {
        const auto name = pop();
        const auto module = pop();
        if (object(name).kind != Kind::Text || object(module).kind != Kind::Text)
            fail("it asks for a global whose name is no text");
        pushGlobal(object(module).text, object(name).text);
        return true;
    }
    case 'R':
        reduce();
        return true;
    case 'b':
        build();
        return true;
    case 'Q':
        pushStorage();
        return true;
    default:
        return false;
    }
}

std::span<const std::byte> PickleMachine::take(std::uint64_t count)
{
    if (count > m_bytes.size() - m_position)
        fail("it is cut off");
    const auto bytes = m_bytes.subspan(m_position, std::size_t(count));
    m_position += std::size_t(count);
    return bytes;
}

std::uint64_t PickleMachine::number(int bytes)
{
    const auto from = take(std::uint64_t(bytes));
    std::uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; --i)
        value = value << 8U | std::to_integer<std::uint64_t>(from[std::size_t(i)]);
    return value;
}

std::string_view PickleMachine::textOf(std::uint64_t length)
{
    const auto bytes = take(length);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view PickleMachine::line()
{
    const auto rest = m_bytes.subspan(m_position);
    const std::string_view text(reinterpret_cast<const char*>(rest.data()),
                                std::min(rest.size(), longest_line + 1));
    const auto end = text.find('\n');
    if (end == std::string_view::npos)
        fail("a line in it does not end");
    m_position += end + 1;
    return text.substr(0, end);
}

PickleRef PickleMachine::make(PickleObject object)
{
    if (m_objects.size() == most_objects)
        fail("it has more than " + std::to_string(most_objects) + " objects");
    countItems(object.items.size());
    m_objects.push_back(std::move(object));
    return PickleRef(m_objects.size() - 1);
}

void PickleMachine::countItems(std::size_t count)
{
    m_items += count;
    if (m_items > most_items)
        fail("its containers have more than " + std::to_string(most_items) + " items");
}

void PickleMachine::push(PickleRef ref)
{
    if (m_stack.size() == most_objects)
        fail("its stack is deeper than " + std::to_string(most_objects));
    m_stack.push_back(ref);
}

PickleRef PickleMachine::top()
{
    const std::size_t floor = m_marks.empty() ? 0 : m_marks.back();
    if (m_stack.size() <= floor)
        fail("an instruction finds too little on the stack");
    return m_stack.back();
}

PickleRef PickleMachine::pop()
{
    const auto ref = top();
    m_stack.pop_back();
    return ref;
}

std::vector<PickleRef> PickleMachine::popMark()
{
    if (m_marks.empty())
        fail("an instruction finds no mark on the stack");
    const auto begin = m_stack.begin() + std::ptrdiff_t(m_marks.back());
    std::vector<PickleRef> items(begin, m_stack.end());
    m_stack.erase(begin, m_stack.end());
    m_marks.pop_back();
    return items;
}

std::vector<PickleRef> PickleMachine::popTuple(std::size_t count)
{
    std::vector<PickleRef> items(count);
    for (std::size_t i = count; i-- > 0;)
        items[i] = pop();
    return items;
}

} // namespace bitdial
