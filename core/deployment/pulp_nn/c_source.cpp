// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/c_source.h"

#include "core/deployment/pulp_nn/c_text.h"

namespace bitdial {

std::string identityHeader(const std::string& sha256)
{
    return std::string(c_licence) +
           "#ifndef EXPORT_IDENTITY_H\n#define EXPORT_IDENTITY_H\n\n"
           "/* Of this export's files; report.json has it too. */\n#define EXPORT_SHA256 \"" +
           sha256 + "\"\n\n#endif\n";
}

} // namespace bitdial
