// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/wire.h"

#include "core/base/error.h"

#include <cstdint>

namespace bitdial {
namespace {

constexpr int deepest_nesting = 64;
constexpr std::uint64_t spare_bytes = std::uint64_t(224) << 20;
// Rough sizes of what the protobuf library builds.
constexpr std::uint64_t message_bytes = 256;
constexpr std::uint64_t string_bytes = 64;
constexpr std::uint64_t number_bytes = 16;

enum class Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Function,
    Training,
    Small, ///< a message of texts and numbers only
};

struct Child {
    Message parent;
    std::uint32_t field;
    Message child;
};

/// The message fields of onnx.proto; of other length-delimited fields only the size matters.
constexpr Child children[] = {
    {Message::Model, 7, Message::Graph},         {Message::Model, 8, Message::Small},
    {Message::Model, 14, Message::Small},        {Message::Model, 20, Message::Training},
    {Message::Model, 25, Message::Function},     {Message::Training, 1, Message::Graph},
    {Message::Training, 2, Message::Graph},      {Message::Training, 3, Message::Small},
    {Message::Training, 4, Message::Small},      {Message::Graph, 1, Message::Node},
    {Message::Graph, 5, Message::Tensor},        {Message::Graph, 11, Message::ValueInfo},
    {Message::Graph, 12, Message::ValueInfo},    {Message::Graph, 13, Message::ValueInfo},
    {Message::Graph, 14, Message::Small},        {Message::Graph, 15, Message::Sparse},
    {Message::Node, 5, Message::Attribute},      {Message::Attribute, 5, Message::Tensor},
    {Message::Attribute, 6, Message::Graph},     {Message::Attribute, 10, Message::Tensor},
    {Message::Attribute, 11, Message::Graph},    {Message::Attribute, 14, Message::Type},
    {Message::Attribute, 15, Message::Type},     {Message::Attribute, 22, Message::Sparse},
    {Message::Attribute, 23, Message::Sparse},   {Message::Tensor, 3, Message::Small},
    {Message::Tensor, 13, Message::Small},       {Message::Sparse, 1, Message::Tensor},
    {Message::Sparse, 2, Message::Tensor},       {Message::ValueInfo, 2, Message::Type},
    {Message::Type, 1, Message::TensorType},     {Message::Type, 4, Message::TensorType},
    {Message::Type, 5, Message::TensorType},     {Message::Type, 8, Message::TensorType},
    {Message::Type, 9, Message::TensorType},     {Message::TensorType, 1, Message::Type},
    {Message::TensorType, 2, Message::Shape},    {Message::Shape, 1, Message::Small},
    {Message::Function, 7, Message::Node},       {Message::Function, 9, Message::Small},
    {Message::Function, 11, Message::Attribute}, {Message::Function, 12, Message::ValueInfo},
};

const Message* childOf(Message parent, std::uint32_t field)
{
    for (const auto& known : children)
        if (known.parent == parent && known.field == field)
            return &known.child;
    return nullptr;
}

/// Numbers packed one byte each grow to eight (twice, as their array grows).
bool holdsPackedVarints(Message parent, std::uint32_t field)
{
    return (parent == Message::Tensor && (field == 1 || field == 5 || field == 7 || field == 11)) ||
           (parent == Message::Attribute && field == 8) ||
           (parent == Message::Sparse && field == 3);
}

class Walk {
public:
    Walk(std::span<const std::byte> bytes, const std::string& where)
        : m_bytes(bytes), m_where(where)
    {
    }

    void message(Message type, std::size_t end, int depth)
    {
        if (depth > deepest_nesting)
            damaged("it nests messages deeper than " + std::to_string(deepest_nesting) + " levels");
        charge(message_bytes);
        while (m_at < end)
            field(type, end, depth);
    }

private:
    void field(Message type, std::size_t end, int depth)
    {
        const std::uint64_t tag = varint(end);
        const std::uint64_t number = tag >> 3;
        if (number == 0 || number > UINT32_MAX)
            damaged("it is damaged");
        switch (tag & 7) {
        case 0:
            varint(end);
            return charge(number_bytes);
        case 1:
            skip(8, end);
            return charge(number_bytes);
        case 5:
            skip(4, end);
            return charge(number_bytes);
        case 2:
            return delimited(type, std::uint32_t(number), end, depth);
        default:
            damaged("it is damaged");
        }
    }

    void delimited(Message type, std::uint32_t field, std::size_t end, int depth)
    {
        const std::uint64_t size = varint(end);
        if (size > end - m_at)
            damaged("it ends early");
        if (const auto* child = childOf(type, field))
            return message(*child, m_at + std::size_t(size), depth + 1);
        charge(string_bytes + (holdsPackedVarints(type, field) ? number_bytes * size : size));
        m_at += std::size_t(size);
    }

    std::uint64_t varint(std::size_t end)
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (m_at >= end)
                damaged("it ends early");
            const auto byte = std::to_integer<std::uint64_t>(m_bytes[m_at++]);
            value |= (byte & 127) << shift;
            if (byte < 128)
                return value;
        }
        damaged("it is damaged");
    }

    void skip(std::size_t size, std::size_t end)
    {
        if (size > end - m_at)
            damaged("it ends early");
        m_at += size;
    }

    void charge(std::uint64_t bytes)
    {
        m_memory += bytes;
        if (m_memory > m_bytes.size() + spare_bytes)
            damaged("it would need far more memory than its own size");
    }

    [[noreturn]] void damaged(const std::string& why) const
    {
        throw Error(ErrorCode::BadInput, "This is not a whole ONNX file", m_where,
                    why + " near byte " + std::to_string(m_at) + " of " +
                        std::to_string(m_bytes.size()),
                    "Check that the file was copied completely, or export it again");
    }

    std::span<const std::byte> m_bytes;
    const std::string& m_where;
    std::size_t m_at = 0;
    std::uint64_t m_memory = 0;
};

} // namespace

void checkOnnxWire(std::span<const std::byte> bytes, const std::string& where)
{
    Walk(bytes, where).message(Message::Model, bytes.size(), 0);
}

} // namespace bitdial
