// SPDX-License-Identifier: Apache-2.0
#include "core/learning/trainer.h"

namespace bitdial {

std::vector<std::pair<std::string, std::string>> TrainOptions::metadata() const
{
    return {{"trained_by", std::string("bitdial-cli train ") + BITDIAL_VERSION},
            {"seed", std::to_string(seed)},
            {"epochs", std::to_string(epochs)},
            {"batch_size", std::to_string(batch_size)},
            {"learning_rate", std::to_string(learning_rate)},
            {"weight_decay", std::to_string(weight_decay)},
            {"label_smoothing", std::to_string(label_smoothing)},
            {"augmentation",
             std::string(mirror ? "mirror, " : "") + "shift " + std::to_string(shift) + " pixels"}};
}

} // namespace bitdial
