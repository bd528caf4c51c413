// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/learning/torch_threads.h"

#include <c10/util/Exception.h>

#include <string>

namespace bitdial {

/// Runs `body` with the threads that are wanted now; what the tensor library throws leaves as
/// Error(Failed) without its backtrace. `what` is the sentence that the message begins with,
/// `where` the network.
template <typename Body>
auto withTorchErrors(const std::string& what, const std::string& where, const Body& body)
{
    useLearningThreads();
    try {
        return body();
    } catch (const c10::Error& error) {
        throw Error(ErrorCode::Failed, what, where, error.what_without_backtrace(),
                    "Give it more memory, or less data; if that is no help, report this message");
    }
}

} // namespace bitdial
