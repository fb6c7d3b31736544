// A table from the first word of an error to its kind.
#include "valkey/error.h"

#include <array>
#include <utility>

namespace orderd::valkey {

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

bool denies_command(std::string_view text) {
  const std::string_view word = first_word(text);
  if (word == "NOPERM" || word == "NOPROTO") return true;
  return word == "ERR" && text.find("max number of clients") == std::string_view::npos;
}

bool is_about_moving_slot(std::string_view text) {
  const std::string_view word = first_word(text);
  if (word == "TRYAGAIN" || word == "ASK") return true;
  // A script found some of its keys and not others.
  return word == "ERR" && (text.find("non local key") != std::string_view::npos ||
                           text.find("during rehashing") != std::string_view::npos);
}

ErrorKind classify(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, ErrorKind>, 17> kKinds = {{
      {"NOSCRIPT", ErrorKind::kNoScript},
      {"OOM", ErrorKind::kUnavailable},
      {"MISCONF", ErrorKind::kUnavailable},
      {"NOREPLICAS", ErrorKind::kUnavailable},
      {"LOADING", ErrorKind::kUnavailable},
      {"BUSY", ErrorKind::kUnavailable},
      {"TRYAGAIN", ErrorKind::kUnavailable},
      {"ASK", ErrorKind::kUnavailable},
      {"CLUSTERDOWN", ErrorKind::kUnavailable},
      {"MASTERDOWN", ErrorKind::kUnavailable},
      {"READONLY", ErrorKind::kRoleChanged},
      {"UNBLOCKED", ErrorKind::kRoleChanged},
      {"MOVED", ErrorKind::kMoved},
      {"NOAUTH", ErrorKind::kRefused},
      {"WRONGPASS", ErrorKind::kRefused},
      {"NOPERM", ErrorKind::kRefused},
      {"UNKILLABLE", ErrorKind::kUnavailable},
  }};
  const std::string_view word = first_word(text);
  for (const auto& [name, kind] : kKinds) {
    if (word == name) return kind;
  }
  // A call inside a script always fails with ERR.
  if (word != "ERR") return ErrorKind::kFault;
  if (text.starts_with("ERR ACL failure")) return ErrorKind::kRefused;
  return is_about_moving_slot(text) ? ErrorKind::kUnavailable : ErrorKind::kFault;
}

}  // namespace orderd::valkey
