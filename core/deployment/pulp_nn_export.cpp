// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn_export.h"

#include "core/base/error.h"
#include "core/deployment/c_source.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/export_plan.h"
#include "core/deployment/export_report.h"
#include "core/deployment/golden_vectors.h"
#include "core/deployment/templates.h"

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::size_t most_golden_images = 64;
/// Images that are compiled into the target's program: each costs L2.
constexpr std::size_t pulp_images = 2;

void checkRequest(const ExportRequest& request)
{
    const auto refuse = [](const std::string& why, const std::string& next) {
        throw Error(ErrorCode::BadInput, "The export's request is incomplete", "export", why, next);
    };
    if (!request.network || !request.network->network)
        refuse("it has no folded network", "Fold the network first");
    if (!request.profile)
        refuse("it has no profile", "Name a target");
    if (request.golden_inputs.empty() || request.golden_inputs.size() > most_golden_images)
        refuse("it has " + std::to_string(request.golden_inputs.size()) + " golden inputs",
               "Give 1 to 64");
}

std::string bytesOf(const std::vector<std::uint8_t>& bytes)
{
    return {bytes.begin(), bytes.end()};
}

void addGolden(ProjectFiles& files, const std::vector<GoldenImage>& images)
{
    for (const auto& image : images) {
        files["golden/input.bin"] += bytesOf(image.input);
        for (std::size_t layer = 0; layer < image.outputs.size(); ++layer)
            files["golden/" + goldenFileName(int(layer))] += bytesOf(image.outputs[layer]);
    }
}

} // namespace

void exportPulpNn(const ExportRequest& request, const std::filesystem::path& folder)
{
    checkRequest(request);
    checkExportFolder(folder);
    const auto plan = planExport(request.network, request.profile);
    const auto images = goldenImages(plan, request.golden_inputs);
    const std::vector<GoldenImage> on_target(
        images.begin(), images.begin() + std::ptrdiff_t(std::min(images.size(), pulp_images)));
    ProjectFiles files;
    for (const char* name : {"main.c", "main_pulp.c", "layout.c", "layout.h"})
        files[std::string("src/") + name] = templateText(name);
    for (const char* name : {"pmsis.h", "portable_kernels.c", "portable_kernels.h"})
        files[std::string("host/") + name] = templateText(name);
    files["src/network.h"] = networkHeader(plan, int(images.size()));
    files["src/network.c"] = networkSource(plan);
    files["src/weights.h"] = weightsHeader(plan);
    files["src/weights.c"] = weightsSource(plan);
    files["src/golden_pulp.h"] = goldenHeader(plan, on_target.size());
    files["src/golden_pulp.c"] = goldenSource(plan, on_target);
    files["host/pulp_nn_kernels.h"] = kernelsHeader(plan);
    files["host/pulp_nn_kernels.c"] = kernelsSource(plan);
    files["Makefile"] = makefileText(plan);
    files["README.md"] = readmeText(plan, request.title, images.size());
    files["report.json"] = reportJson(plan, request.title);
    files["report.txt"] = reportText(plan, request.title);
    addGolden(files, images);
    writeExportFolder(folder, files);
}

} // namespace bitdial
