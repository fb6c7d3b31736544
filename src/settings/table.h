// The table of settings. It drives the file, the variables, the flags, the help, --print-config and the sample file. To
// add a setting, add its field to Settings and its row to table.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "settings/settings.h"

namespace orderd::settings {

// The types of a setting. Each has two accessors to its field of Settings: one reads, one writes.
struct Text {
  // Requirements beyond the size; value.cpp checks them.
  enum class Rule {
    kAny,
    kUrl,
    kPasswordFile,
    kAddresses,
    kLanes,
    kStream,
    kDeadStream,
    kStockKey,
    kOrderKey,
    kReplyKey,
    kListen
  };
  const std::string& (*get)(const Settings&);
  std::string& (*field)(Settings&);
  std::size_t bytes_min;
  std::size_t bytes_max;
  Rule rule;
};
struct Whole {
  uint64_t (*get)(const Settings&);
  void (*set)(Settings&, uint64_t);
  uint64_t min;
  uint64_t max;
};
struct Duration {
  Milliseconds (*get)(const Settings&);
  void (*set)(Settings&, Milliseconds);
  bool zero;  // whether 0s is allowed too
  Milliseconds min;
  Milliseconds max;
};
struct Choice {
  std::size_t (*get)(const Settings&);  // an index into names
  void (*set)(Settings&, std::size_t);
  std::span<const std::string_view> names;
};
struct Bool {
  bool (*get)(const Settings&);
  void (*set)(Settings&, bool);
};
using Type = std::variant<Text, Whole, Duration, Choice, Bool>;

enum class Applies {
  kLive,     // at SIGHUP
  kRestart,  // at the next start
};

struct Setting {
  std::string_view key;  // "section.name"
  Type type;
  Applies applies;
  bool secret;             // whether its text can contain a password
  std::string_view brief;  // one line for the help: lower case, no full stop
  std::string_view more;   // whole sentences for the sample file, in lines; may be empty

  [[nodiscard]] std::string_view section() const { return key.substr(0, key.find('.')); }
  [[nodiscard]] std::string_view name() const { return key.substr(key.find('.') + 1); }
  [[nodiscard]] std::string flag() const;      // "--section.name"
  [[nodiscard]] std::string variable() const;  // "ORDERD_SECTION_NAME"
};

// A key of an earlier version: giving it anywhere is an error that says what to do instead.
struct Removed {
  std::string_view key;
  std::string_view instead;  // completes "was removed: "
};

inline constexpr std::string_view kVariablePrefix = "ORDERD_";
// Its default is the host's name, which the table cannot know.
inline constexpr std::string_view kNameKey = "processing.name";

// In the contract's order; the keys of a section are consecutive.
[[nodiscard]] std::span<const Setting> table();
[[nodiscard]] std::span<const Removed> removed();
// nullptr if there is no such key.
[[nodiscard]] const Setting* find(std::string_view key);
[[nodiscard]] const Removed* find_removed(std::string_view key);
[[nodiscard]] bool is_section(std::string_view name);
// The flag and the variable of a key.
[[nodiscard]] std::string flag_of(std::string_view key);
[[nodiscard]] std::string variable_of(std::string_view key);

}  // namespace orderd::settings
