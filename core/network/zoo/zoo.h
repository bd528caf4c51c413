// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <memory>
#include <string>

namespace bitdial {

/// Built-in architecture `zoo:NAME[?key=value&...]`: mobilenet-v1, mobilenet-v2, resnet18, resnet8,
/// resnet20, resnet32, resnet44, resnet56, efficientnet-lite0, ds-cnn, mobilenet-v1-vww. Keys:
/// `weights`, a path to a file whose tensors must fit by name and shape (without it the network is
/// geometry only), `classes`, `resolution`, `channels`, and those of the family (zoo_*.cpp). What
/// the weights file holds besides is in the network's report.
std::shared_ptr<const Network> buildZooNetwork(const std::string& spec);

} // namespace bitdial
