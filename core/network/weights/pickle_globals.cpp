// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/pickle_machine.h"

#include <utility>

namespace bitdial {
namespace {

using Kind = PickleGlobal::Kind;

std::optional<WeightType> storageType(std::string_view name)
{
    static constexpr std::pair<std::string_view, WeightType> types[] = {
        {"DoubleStorage", WeightType::F64}, {"FloatStorage", WeightType::F32},
        {"HalfStorage", WeightType::F16},   {"BFloat16Storage", WeightType::BF16},
        {"LongStorage", WeightType::I64},   {"IntStorage", WeightType::I32},
        {"ShortStorage", WeightType::I16},  {"CharStorage", WeightType::I8},
        {"ByteStorage", WeightType::U8},    {"BoolStorage", WeightType::Bool},
    };
    for (const auto& [known, type] : types)
        if (name == known)
            return type;
    return std::nullopt;
}

} // namespace

std::optional<PickleGlobal> allowedGlobal(std::string_view module, std::string_view name)
{
    if (module == "collections" && name == "OrderedDict")
        return PickleGlobal{Kind::OrderedDict, {}};
    if (module == "torch" && name == "Size")
        return PickleGlobal{Kind::Size, {}};
    if (module == "torch._utils" && (name == "_rebuild_tensor_v2" || name == "_rebuild_tensor"))
        return PickleGlobal{Kind::RebuildTensor, {}};
    if (module == "torch._utils" && name == "_rebuild_parameter")
        return PickleGlobal{Kind::RebuildParameter, {}};
    if (module == "torch" || module == "torch.cuda")
        if (const auto type = storageType(name))
            return PickleGlobal{Kind::Storage, *type};
    return std::nullopt;
}

} // namespace bitdial
