// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/windows.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::int64_t largest_window = 4096;

/// One dimension of a window.
struct Side {
    int size = 1;
    int kernel = 1;
    int stride = 1;
    int dilation = 1;
    int before = 0;
    int after = 0;
    int rounded_up = 0; ///< padding that ceil_mode adds behind

    int span() const { return (kernel - 1) * dilation + 1; }
    int output() const { return (size + before + after + rounded_up - span()) / stride + 1; }
};

/// A node's windows attributes for height and width.
class Window {
public:
    Window(const onnx::NodeProto& node, const OnnxWindowForm& form, const LayerGeometry& g)
        : m_node(node)
    {
        m_sides[0].size = g.input.height;
        m_sides[1].size = g.input.width;
        m_sides[0].kernel = g.kernel_height;
        m_sides[1].kernel = g.kernel_width;
        if (form.rank == 4)
            m_given = {&m_sides[0], &m_sides[1]};
        else
            m_given = {&m_sides[form.along_height ? 0 : 1]};
    }

    void apply()
    {
        each("strides", 1, [](Side& side, int value) { side.stride = value; });
        each("dilations", 1, [](Side& side, int value) { side.dilation = value; });
        applyPads();
        for (const Side& side : m_sides)
            if (side.size + side.before + side.after < side.span())
                throw OnnxRefusal{"its window is larger than its input"};
        if (onnxInteger(m_node, "ceil_mode", 0) != 0)
            for (Side& side : m_sides)
                roundUp(side);
    }

    const Side& operator[](std::size_t index) const { return m_sides[index]; }
    bool isRoundedUp() const { return m_sides[0].rounded_up > 0 || m_sides[1].rounded_up > 0; }
    bool isPadded() const
    {
        return std::ranges::any_of(m_sides,
                                   [](const Side& s) { return s.before > 0 || s.after > 0; });
    }

private:
    template <typename Set> void each(const std::string& name, std::int64_t least, const Set& set)
    {
        const auto values = onnxIntegers(m_node, name, {});
        if (values.empty())
            return;
        if (values.size() != m_given.size())
            throw OnnxRefusal{"its " + name + " do not fit its input"};
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] < least || values[i] >= largest_window)
                throw OnnxRefusal{"its " + name + " are out of range"};
            set(*m_given[i], int(values[i]));
        }
    }

    void applyPads()
    {
        const auto mode = onnxText(m_node, "auto_pad", "NOTSET");
        if (mode == "SAME_UPPER" || mode == "SAME_LOWER")
            return samePads(mode == "SAME_UPPER");
        if (mode == "VALID")
            return;
        if (mode != "NOTSET" && !mode.empty())
            throw OnnxRefusal{"its auto_pad " + onnxQuoted(mode) + " is not known"};
        const auto pads = onnxIntegers(m_node, "pads", {});
        if (pads.empty())
            return;
        if (pads.size() != 2 * m_given.size())
            throw OnnxRefusal{"its pads do not fit its input"};
        for (std::size_t i = 0; i < pads.size(); ++i) {
            if (pads[i] < 0 || pads[i] >= largest_window)
                throw OnnxRefusal{"its pads are negative or out of range"};
            Side& side = *m_given[i % m_given.size()];
            (i < m_given.size() ? side.before : side.after) = int(pads[i]);
        }
    }

    void samePads(bool upper)
    {
        for (Side* side : m_given) {
            const int outputs = (side->size + side->stride - 1) / side->stride;
            const int total = std::max(0, (outputs - 1) * side->stride + side->span() - side->size);
            side->before = upper ? total / 2 : total - total / 2;
            side->after = total - side->before;
        }
    }

    /// The window that reaches over the end counts, unless it would begin behind the input.
    static void roundUp(Side& side)
    {
        const int rest = (side.size + side.before + side.after - side.span()) % side.stride;
        if (rest == 0)
            return;
        const int outputs = side.output() + 1;
        if ((outputs - 1) * side.stride < side.size + side.before)
            side.rounded_up = side.stride - rest;
    }

    const onnx::NodeProto& m_node;
    Side m_sides[2];
    std::vector<Side*> m_given;
};

} // namespace

TensorShape applyOnnxWindow(const onnx::NodeProto& node, const OnnxWindowForm& form,
                            LayerGeometry& g, int output_channels, Padding& before)
{
    before = {};
    Window window(node, form, g);
    window.apply();
    if (node.op_type() == "AveragePool") {
        if (window[0].dilation != 1 || window[1].dilation != 1)
            throw OnnxRefusal{"an average pooling with dilation is not supported"};
        g.counts_padding = onnxInteger(node, "count_include_pad", 0) != 0 || !window.isPadded();
        if (window.isRoundedUp()) {
            if (g.counts_padding)
                before = {window[0].before, window[1].before, window[0].after, window[1].after};
            g.counts_padding = false;
        }
    }
    g.stride_y = window[0].stride;
    g.stride_x = window[1].stride;
    g.dilation_y = window[0].dilation;
    g.dilation_x = window[1].dilation;
    g.padding = {window[0].before - before.top, window[1].before - before.left,
                 window[0].after - before.bottom + window[0].rounded_up,
                 window[1].after - before.right + window[1].rounded_up};
    g.input.height += before.top + before.bottom;
    g.input.width += before.left + before.right;
    return {output_channels, window[0].output(), window[1].output()};
}

void applyOnnxKernel(const std::vector<std::int64_t>& kernel, const OnnxWindowForm& form,
                     LayerGeometry& g)
{
    const auto sane = [](std::int64_t v) { return v >= 1 && v <= largest_window; };
    if (int(kernel.size()) != form.rank - 2 || !std::ranges::all_of(kernel, sane))
        throw OnnxRefusal{"its kernel does not fit its input, or is out of range"};
    g.kernel_height = g.kernel_width = 1;
    if (form.rank == 4 || form.along_height)
        g.kernel_height = int(kernel[0]);
    g.kernel_width = form.rank == 3 && form.along_height ? 1 : int(kernel.back());
}

} // namespace bitdial
