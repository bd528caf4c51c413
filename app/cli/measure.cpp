// SPDX-License-Identifier: Apache-2.0
#include "app/cli/measure.h"

#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "core/data/data_source.h"
#include "core/learning/threads.h"
#include "core/project/project.h"

#include <algorithm>
#include <limits>

namespace bitdial::cli {

AskedPoint pointOfProject(const std::string& path, std::int64_t id)
{
    const auto project = openProject(path);
    return {measuredPoint(*project, project->network(), storedPoint(*project, id)),
            project->dataSource()};
}

AskedPoint calibratedOn(const std::string& data_source,
                        const std::shared_ptr<const Network>& network, BitAssignment bits,
                        std::stop_token stop)
{
    return {calibratedPoint(network, std::move(bits), openSplits(data_source).calibration,
                            std::move(stop)),
            data_source};
}

QuantizedPoint pointToEvaluate(const Arguments& arguments, std::stop_token stop)
{
    if (const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max())) {
        if (hasBits(arguments))
            arguments.fail("Two options exclude each other",
                           "a point has bits of its own, --bits and --uniform give others");
        return pointOfProject(arguments.operand(0), *id).point;
    }
    const auto network = openNetworkSource(arguments.operand(0)).network;
    return calibratedOn(arguments.text("data"), network, readBits(arguments, *network),
                        std::move(stop))
        .point;
}

EvaluationSamples openSamples(const Arguments& arguments)
{
    const auto source = arguments.text("data");
    EvaluationSamples samples{openEvaluationData(source),
                              source == "demo" ? DataRole::Test : DataRole::All};
    auto& indices = samples.subset.indices;
    const auto wanted = arguments.integer("samples", 1, std::numeric_limits<int>::max());
    if (wanted)
        indices.resize(std::min(indices.size(), std::size_t(*wanted)));
    return samples;
}

DataSplits openSplits(const std::string& data_source)
{
    auto splits = openData(data_source);
    for (const auto& warning : splits.warnings)
        message("warning: " + data_source + ": " + warning);
    return splits;
}

int useThreads(const Arguments& arguments)
{
    constexpr int most = 1024;
    const auto asked = arguments.integer("threads", 1, most);
    const int threads = asked ? int(*asked) : std::min(most, usualThreads());
    setLearningThreads(threads);
    return threads;
}

OptionSpec threadsOption()
{
    return {"threads", "N", "threads of tensor operations, else $OMP_NUM_THREADS or all cores"};
}

} // namespace bitdial::cli
