// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/export_format.h"

#include <QCoreApplication>

#include <vector>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("ExportFormat", text);
}

std::vector<ExportFormatInfo> allFormats()
{
    const auto encodings =
        words("The quantizers' ranges and the float network, for tools that read AIMET encodings "
              "of version %1.");
    return {
        {ExportFormat::PulpNn, words("PULP-NN C project"), QStringLiteral("pulp-nn"),
         words("A C project that calls the PULP-NN mixed-precision kernels, with golden inputs and "
               "outputs. Verified, it is built and run on this machine, and every layer is "
               "compared bit for bit with what was measured.")},
        {ExportFormat::Dory, words("DORY"), QStringLiteral("dory"),
         words("The integer network as DORY's Quantlab front end reads it, with the input and "
               "every layer's output for the first image.")},
        {ExportFormat::Deeploy, words("Deeploy"), QStringLiteral("deeploy"),
         words("The integer network as Deeploy reads it for PULP, with inputs and outputs for the "
               "first image; it is counted how many images keep their class. Every layer must "
               "have 8 bits.")},
        {ExportFormat::OnnxQdq, words("ONNX QDQ"), QStringLiteral("onnx-qdq"),
         words("An ONNX file with QuantizeLinear and DequantizeLinear, in the first opset that can "
               "say the widths: 21 for 4 bits, 25 for 2 bits.")},
        {ExportFormat::Qonnx, words("QONNX"), QStringLiteral("qonnx"),
         words("An ONNX file with QONNX quantizers, which can say every width.")},
        {ExportFormat::Aimet061, words("AIMET encodings 0.6.1"), QStringLiteral("aimet-0.6.1"),
         encodings.arg(QStringLiteral("0.6.1"))},
        {ExportFormat::Aimet100, words("AIMET encodings 1.0.0"), QStringLiteral("aimet-1.0.0"),
         encodings.arg(QStringLiteral("1.0.0"))},
        {ExportFormat::Csv, words("CSV table"), QStringLiteral("csv"),
         words("One row for each weight and activation tensor: its width, sign and steps.")}};
}

} // namespace

std::span<const ExportFormatInfo> exportFormats()
{
    static const auto formats = allFormats();
    return formats;
}

const ExportFormatInfo& infoOf(ExportFormat format)
{
    return exportFormats()[std::size_t(format)];
}

} // namespace bitdial
