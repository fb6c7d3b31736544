// One value of one setting: text to field, and back.
#pragma once

#include <string>
#include <string_view>

#include "settings/table.h"

namespace orderd::settings {

enum class Source { kFile, kVariable, kFlag };

// A value as given, not yet checked.
struct Given {
  enum class Form {
    kPlain,    // of a flag or a variable: just text
    kString,   // a TOML string
    kInteger,  // a TOML integer; `text` holds its digits
    kBoolean,  // a TOML boolean; `text` is true or false
    kOther,    // another TOML type; `text` names it: "a date or a time", "an array"
  };
  Source source = Source::kFile;
  std::string where;  // "orderd.toml:3:12", or the name of the variable or the flag
  std::string key;    // as written, printable
  Form form = Form::kPlain;
  std::string text;
};

// Checks `given` and stores it in `settings`. Returns "" or an error: the value first, masked where it can contain a
// password, then the problem, then what is allowed: `"30" has no unit; allowed: ...`.
[[nodiscard]] std::string assign(const Setting& row, const Given& given, Settings& settings);

// "0s, or 1s to 8760h", for errors, the help and the sample file.
[[nodiscard]] std::string allowed(const Setting& row);
// The value as TOML, a password masked.
[[nodiscard]] std::string literal(const Setting& row, const Settings& settings);
// The value as text, not masked, for comparisons.
[[nodiscard]] std::string plain(const Setting& row, const Settings& settings);

}  // namespace orderd::settings
