// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accuracy_json.h"
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/shown_name.h"
#include "core/session/rung_question.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What is told of one assignment.
struct Compared {
    const Network& network;
    const RungComparison& rungs;
    const std::optional<DeviceComparison>& device;
};

Json codesJson(const CodeDifference& codes)
{
    return {
        {"elements", codes.elements}, {"differing", codes.differing}, {"largest", codes.largest}};
}

Json layerJson(const Compared& compared, int layer)
{
    Json json = {{"name", compared.network.layer(layer).name}};
    json.update(codesJson(compared.rungs.codes.layers[std::size_t(layer)]));
    return json;
}

Json deviceJson(const DeviceComparison& device)
{
    Json json = accuracyJson(device.accuracy);
    json["agreeing"] = device.agreeing;
    if (!device.has_logits)
        return json;
    json["differing_images"] = device.differing_images;
    json["first_mismatch"] = nullptr;
    if (const auto& first = device.first_mismatch)
        json["first_mismatch"] = {{"image", first->image},
                                  {"output", first->output},
                                  {"device", first->device},
                                  {"integer", first->integer}};
    return json;
}

Json jsonOf(const Compared& compared)
{
    const auto& rungs = compared.rungs;
    Json layers = Json::array();
    for (int l = 0; l < compared.network.layerCount(); ++l)
        layers.push_back(layerJson(compared, l));
    const auto first = rungs.codes.firstDifferingLayer();
    Json json = {
        {"rungs",
         {accuracyJson(rungs.float_rung), accuracyJson(rungs.fake), accuracyJson(rungs.integer)}},
        {"agreeing", rungs.agreeing},
        {"layer_samples", rungs.codes.samples},
        {"input", codesJson(rungs.codes.input)},
        {"layers", layers},
        {"first_difference", first ? layerJson(compared, *first) : Json(nullptr)}};
    if (compared.device)
        json["device"] = deviceJson(*compared.device);
    return json;
}

std::string percentOf(std::int64_t part, std::int64_t whole)
{
    return fixed(whole == 0 ? 0 : 100.0 * double(part) / double(whole), 3) + " %";
}

std::string firstText(const Compared& compared)
{
    const auto& codes = compared.rungs.codes;
    const auto over =
        " over " + grouped(codes.samples) + (codes.samples == 1 ? " sample" : " samples");
    const auto first = codes.firstDifferingLayer();
    if (!first)
        return "fake and integer give the same codes in every layer" + over + "\n";
    const auto& layer = codes.layers[std::size_t(*first)];
    return "fake and integer differ first in " + shownName(compared.network.layer(*first).name) +
           ": " + grouped(layer.differing) + " of " + grouped(layer.elements) + " codes" + over +
           ", by at most " + grouped(layer.largest) + "\n";
}

std::string deviceText(const DeviceComparison& device)
{
    const int images = device.accuracy.samples;
    std::string text = "the device gives the integer network's class on " +
                       grouped(device.agreeing) + "/" + grouped(images) + " images\n";
    if (!device.has_logits)
        return text;
    const auto& first = device.first_mismatch;
    if (!first)
        return text + "the device's logits are the integer network's on every image\n";
    return text + "the device's logits differ on " + grouped(device.differing_images) +
           " images, first on image " + std::to_string(first->image) + ": output " +
           std::to_string(first->output) + " is " + std::to_string(first->device) +
           " on the device, " + std::to_string(first->integer) + " in integers\n";
}

std::string textOf(const Compared& compared)
{
    const auto& rungs = compared.rungs;
    Table accuracies({"rung", "top-1 %", "correct", "samples", "from %", "to %"});
    const auto add = [&](const Accuracy& rung) {
        accuracies.add({rungName(rung.rung), fixed(100 * rung.top1(), 2), grouped(rung.correct),
                        grouped(rung.samples), fixed(100 * rung.ciLow(), 2),
                        fixed(100 * rung.ciHigh(), 2)});
    };
    for (const auto* rung : {&rungs.float_rung, &rungs.fake, &rungs.integer})
        add(*rung);
    if (compared.device)
        add(compared.device->accuracy);
    Table layers({"layer", "codes", "differing", "share", "largest"});
    for (int l = 0; l < compared.network.layerCount(); ++l) {
        const auto& codes = rungs.codes.layers[std::size_t(l)];
        layers.add({shownName(compared.network.layer(l).name), grouped(codes.elements),
                    grouped(codes.differing), percentOf(codes.differing, codes.elements),
                    grouped(codes.largest)});
    }
    const double points = 100 * (rungs.fake.top1() - rungs.integer.top1());
    return accuracies.text() + "fake - integer: " + fixed(points, 2) +
           " points; the same class on " + grouped(rungs.agreeing) + "/" +
           grouped(rungs.fake.samples) + " samples\n\n" + layers.text() + firstText(compared) +
           (compared.device ? deviceText(*compared.device) : "");
}

int run(const Arguments& arguments)
{
    const StopSignal stop;
    auto samples = openSamples(arguments);
    const int most = samples.subset.size();
    RungQuestion question;
    question.threads = useThreads(arguments);
    if (const auto asked = arguments.integer("layer-samples", 1, std::numeric_limits<int>::max()))
        question.code_samples = int(std::min<std::int64_t>(*asked, most));
    question.point = pointToEvaluate(arguments, stop.token());
    question.samples = std::move(samples.subset);
    question.role = samples.role;
    if (arguments.has("device"))
        question.device = arguments.text("device");
    const auto answer = answerRungs(question, stop.token());
    const Compared compared{*question.point.network, answer.rungs, answer.device};
    if (arguments.json())
        print(jsonOf(compared).dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    else
        print(textOf(compared));
    return exit_done;
}

} // namespace

Verb rungsVerb()
{
    return {{"rungs",
             {"NETWORK"},
             "Float, fake, integer and device accuracy side by side, and the first layer that "
             "differs.",
             withBitsOptions(
                 {{"data", "D", "'demo' or a data.json", true},
                  {"point", "ID", "a project's point with its own weights"},
                  {"samples", "N", "only the first N samples"},
                  {"layer-samples", "N", "layers are compared on the first N of them (64)"},
                  {"device", "FILE", "what the chip gave: a CSV image,class or image,logit0,..."},
                  threadsOption()})},
            run};
}

} // namespace bitdial::cli
