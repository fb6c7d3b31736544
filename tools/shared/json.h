// Values that may be missing, as JSON: null.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "shared/output.h"

namespace orderd::tools {

template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
[[nodiscard]] inline Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}
// In milliseconds.
[[nodiscard]] inline Json or_null(const std::optional<std::chrono::milliseconds>& time) {
  return time ? Json(time->count()) : Json();
}

}  // namespace orderd::tools
