// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/zoo/builder.h"
#include "core/network/zoo/spec.h"

namespace bitdial {

/// Keys that every architecture has: channels, resolution (its own default), classes.
TensorShape zooInput(ZooSpec& spec, int resolution);
int zooClasses(ZooSpec& spec, int fallback);

/// MLPerf Tiny's image classifier.
ZooNetwork zooResnet8(ZooSpec& spec);
/// The ImageNet network with basic blocks.
ZooNetwork zooResnet18(ZooSpec& spec);
/// A CIFAR network of 6 n + 2 layers, n basic blocks a stage.
ZooNetwork zooResnetCifar(ZooSpec& spec, int blocks);
ZooNetwork zooMobilenetV1(ZooSpec& spec);
/// MLPerf Tiny's person detector.
ZooNetwork zooMobilenetV1Vww(ZooSpec& spec);
ZooNetwork zooMobilenetV2(ZooSpec& spec);
ZooNetwork zooEfficientnetLite0(ZooSpec& spec);
/// MLPerf Tiny's keyword spotter.
ZooNetwork zooDsCnn(ZooSpec& spec);

} // namespace bitdial
