// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/loss_report.h"

#include "core/base/shown_name.h"

#include <nlohmann/json.hpp>

namespace bitdial {

std::string lossReportText(const LossReport& report)
{
    std::string text = shownName(report.title) + " as " + report.format + "\n\n";
    text += report.losses.empty()
                ? "These files say all that the integer network computes.\n"
                : "What these files do not say, or say otherwise than the integer network:\n";
    for (const auto& loss : report.losses)
        text += "- " + (loss.where.empty() ? "" : "'" + shownName(loss.where) + "': ") + loss.what +
                "\n";
    return text + "\nThe widths, as bits.json:\n" + toBitsJson(report.network, report.bits) + "\n";
}

std::string lossReportJson(const LossReport& report)
{
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const auto& loss : report.losses)
        list.push_back({{"where", loss.where}, {"what", loss.what}});
    const Json json = {{"schema", "bitdial.interchange/1"},
                       {"title", report.title},
                       {"format", report.format},
                       {"losses", std::move(list)},
                       {"bits", Json::parse(toBitsJson(report.network, report.bits))}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace bitdial
