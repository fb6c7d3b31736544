// One table, from the first word of an error to what it asks for. Source: docs/architecture.md, "Errors".
#include "valkey/error.h"

#include <array>
#include <utility>

namespace orderd::valkey {

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

ErrorKind classify(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, ErrorKind>, 18> kKinds = {{
      {"NOSCRIPT", ErrorKind::kNoScript},
      {"OOM", ErrorKind::kUnavailable},
      {"MISCONF", ErrorKind::kUnavailable},
      {"NOREPLICAS", ErrorKind::kUnavailable},
      {"LOADING", ErrorKind::kUnavailable},
      {"BUSY", ErrorKind::kUnavailable},
      {"TRYAGAIN", ErrorKind::kUnavailable},
      {"CLUSTERDOWN", ErrorKind::kUnavailable},
      {"MASTERDOWN", ErrorKind::kUnavailable},
      {"READONLY", ErrorKind::kRoleChanged},
      {"UNBLOCKED", ErrorKind::kRoleChanged},
      {"MOVED", ErrorKind::kMoved},
      {"ASK", ErrorKind::kMoved},
      {"NOGROUP", ErrorKind::kNoGroup},
      {"NOAUTH", ErrorKind::kRefused},
      {"WRONGPASS", ErrorKind::kRefused},
      {"NOPERM", ErrorKind::kRefused},
      {"UNKILLABLE", ErrorKind::kUnavailable},
  }};
  // What a script's own call is refused with.
  if (text.starts_with("ERR ACL failure")) return ErrorKind::kRefused;
  const std::string_view word = first_word(text);
  for (const auto& [name, kind] : kKinds) {
    if (word == name) return kind;
  }
  return ErrorKind::kFault;
}

}  // namespace orderd::valkey
