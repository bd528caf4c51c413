// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/pulp_nn_export.h"

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/pulp_nn/c_source.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/export_report.h"
#include "core/deployment/pulp_nn/golden_vectors.h"
#include "core/deployment/pulp_nn/target_golden.h"
#include "core/deployment/pulp_nn/templates.h"

namespace bitdial {
namespace {

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

void addTemplates(ProjectFiles& files)
{
    for (const char* name :
         {"main.c", "main_pulp.c", "network.h", "network_run.c", "requantize.c", "requantize.h",
          "tiles.c", "tiles.h", "tile_spread.c", "tile_spread.h", "transfers.c", "transfers.h"})
        files[std::string("src/") + name] = templateText(name);
    for (const char* name :
         {"pmsis.h", "pulp_builtins.h", "pulp_emulation.c", "pulp_emulation.h", "pulp_devices.c",
          "pulp_devices.h", "pulp_device_types.h", "portable_kernels.c", "portable_kernels.h"})
        files[std::string("host/") + name] = templateText(name);
    for (const char* name :
         {"ram.h", "ram/hyperram.h", "flash/hyperflash.h", "fs/readfs.h"}) // as in the SDK
        files[std::string("host/bsp/") + name] = templateText("bsp_header.h");
    files["host/README.md"] = templateText("host_readme.md");
}

/// What the program for the target prints first, so that its log is known for this export's.
std::string identityOf(const ProjectFiles& files)
{
    Sha256 sha;
    for (const auto& [name, content] : files) {
        sha.update(name + '\n' + std::to_string(content.size()) + '\n');
        sha.update(content);
    }
    return sha.hexDigest();
}

} // namespace

void checkExportRequest(const ExportRequest& request)
{
    const auto refuse = [](const std::string& why, const std::string& next) {
        throw Error(ErrorCode::BadInput, "The export's request is incomplete", "export", why, next);
    };
    if (!request.network || !request.network->network)
        refuse("it has no folded network", "Fold the network first");
    if (!request.profile)
        refuse("it has no profile", "Name a target");
    if (request.golden_inputs.empty() ||
        request.golden_inputs.size() > std::size_t(most_golden_images))
        refuse("it has " + std::to_string(request.golden_inputs.size()) + " golden inputs",
               "Give 1 to 64");
}

void exportPulpNn(const ExportRequest& request, const std::filesystem::path& folder)
{
    checkExportRequest(request);
    checkExportFolder(folder);
    const auto plan = planExport(request.network, request.profile);
    const auto images = goldenImages(plan, request.golden_inputs);
    const auto on_target = placeGolden(plan, images);
    ProjectFiles files;
    addTemplates(files);
    files["src/network_sizes.h"] = networkSizes(plan, int(images.size()), on_target.flash_bytes);
    files["src/network.c"] = networkSource(plan);
    files["src/layer_data.h"] = layerDataHeader(plan);
    files["src/layer_data.c"] = layerDataSource(plan);
    if (plan.memory.weights_in_l3)
        files["flash/weights.bin"] = flashWeights(plan);
    if (on_target.place == GoldenPlace::L3)
        files["flash/golden.bin"] = flashGolden(on_target, images);
    files["src/golden_pulp.h"] = goldenHeader(on_target);
    files["src/golden_pulp.c"] = goldenSource(on_target, images);
    files["host/pulp_nn_kernels.h"] = kernelsHeader(plan);
    files["host/pulp_nn_kernels.c"] = kernelsSource(plan);
    files["Makefile"] = makefileText(plan, on_target);
    files["names.json"] = namesJson(plan);
    const std::string identity = identityOf(files);
    files["src/export_identity.h"] = identityHeader(identity);
    const ReportSubject subject{plan, request.title, images.size(), on_target, identity};
    files["README.md"] = readmeText(subject);
    files["report.json"] = reportJson(subject);
    files["report.txt"] = reportText(subject);
    addGolden(files, images);
    writeExportFolder(folder, files);
}

} // namespace bitdial
