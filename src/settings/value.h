// One value of one setting: from text to its field, and back.
#pragma once

#include <string>
#include <string_view>

#include "settings/table.h"

namespace orderd::settings {

enum class Source { kFile, kVariable, kFlag };

// A value as it was given, not yet checked.
struct Given {
  enum class Form {
    kPlain,    // of a flag or a variable: just text
    kString,   // a TOML string
    kInteger,  // a TOML integer; `text` holds its digits
    kOther,    // another TOML type; `text` says which: "a boolean", "an array"
  };
  Source source = Source::kFile;
  std::string where;  // "orderd.toml:3:12", the variable's or the flag's name
  std::string key;    // as written; fit for an error
  Form form = Form::kPlain;
  std::string text;
};

// Checks `given` and puts it into `settings`. Answers "" or what is wrong with it, the value first and masked where it
// may hold a password, what is allowed last: `"30" has no unit; allowed: …`. `row` is supported.
[[nodiscard]] std::string assign(const Setting& row, const Given& given, Settings& settings);

// "0s, or 1s to 8760h", for an error, the help and the sample file; "" for a setting that is not supported yet.
[[nodiscard]] std::string allowed(const Setting& row);
// The value as TOML, a password masked. `row` is supported.
[[nodiscard]] std::string literal(const Setting& row, const Settings& settings);
// The value as text, not masked: to compare. `row` is supported.
[[nodiscard]] std::string plain(const Setting& row, const Settings& settings);

}  // namespace orderd::settings
