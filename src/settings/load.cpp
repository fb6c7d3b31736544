// The file, then the variables, then the flags: each value is checked, also where a later one replaces it, and put into
// the settings; what is wrong is gathered, and told at the end.
#include "settings/load.h"

#include <unistd.h>

#include <array>
#include <string_view>

#include "settings/cross_checks.h"
#include "settings/file.h"
#include "settings/table.h"
#include "settings/text.h"
#include "settings/value.h"

namespace orderd::settings {
namespace {

constexpr std::size_t kMaxHostNameBytes = 255;

std::vector<std::string> known_names(Source source) {
  std::vector<std::string> names;
  for (const Setting& row : table()) {
    switch (source) {
      case Source::kFile: names.emplace_back(row.key); break;
      case Source::kVariable: names.push_back(row.variable()); break;
      case Source::kFlag: names.push_back(row.flag()); break;
    }
  }
  return names;
}

// The value is not told: it may be a password under a wrong name.
std::string unknown(const Given& given) {
  const char* what = given.source == Source::kFile       ? ": unknown key; "
                     : given.source == Source::kVariable ? ": unknown variable; "
                                                         : ": unknown flag; ";
  const std::string name = given.source == Source::kFile ? given.where + ": " + given.key : given.where;
  return name + what + suggestion(given.source == Source::kFile ? given.key : given.where, known_names(given.source));
}

class Loader {
 public:
  void take(const Given& given, const Setting* row) {
    if (row == nullptr) {
      mistakes.push_back(unknown(given));
      return;
    }
    // A flag's name is the key already.
    const std::string where = given.source == Source::kFlag ? given.where : given.where + ": " + std::string(row->key);
    if (!row->supported()) {
      mistakes.push_back(where + " is not supported yet");
      return;
    }
    origins_.where.insert_or_assign(std::string(row->key), where);
    const std::string problem = assign(*row, given, settings_);
    if (problem.empty()) return;
    mistakes.push_back(where + ": " + problem);
    origins_.failed.emplace(row->key);
  }

  Result<Settings> finish() {
    if (settings_.streams.consumer.empty() && !origins_.failed.contains("streams.consumer")) name_consumer();
    cross_check(settings_, origins_, mistakes);
    if (mistakes.empty()) return std::move(settings_);
    std::string all;
    for (const std::string& mistake : mistakes) all.append(all.empty() ? "" : "\n").append(mistake);
    return Failure{all};
  }

  std::vector<std::string> mistakes;

 private:
  void name_consumer() {
    std::array<char, kMaxHostNameBytes + 1> name{};
    const bool known = ::gethostname(name.data(), kMaxHostNameBytes) == 0 && name[0] != '\0';
    if (known && problem_of_text(name.data()) == nullptr) {
      settings_.streams.consumer = name.data();
    } else {
      mistakes.emplace_back("streams.consumer: the host has no name to take for it; give one");
    }
  }

  Settings settings_;
  Origins origins_;
};

}  // namespace

Result<Settings> load(const Sources& sources) {
  Loader loader;
  std::vector<Given> given;
  if (!sources.file.empty()) read_file(sources.file, given, loader.mistakes);
  for (const Given& value : given) loader.take(value, find(value.key));
  for (const auto& [name, text] : sources.environment) {
    const Setting* found = nullptr;
    for (const Setting& row : table()) {
      if (row.variable() == name) found = &row;
    }
    loader.take({Source::kVariable, printable(name), printable(name), Given::Form::kPlain, text}, found);
  }
  for (const auto& [key, text] : sources.flags) {
    loader.take({Source::kFlag, "--" + printable(key), printable(key), Given::Form::kPlain, text}, find(key));
  }
  return loader.finish();
}

}  // namespace orderd::settings
