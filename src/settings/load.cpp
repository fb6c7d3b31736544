// Takes the file, then the variables, then the flags. Every value is checked, even one that a later source overrides,
// and stored; mistakes are collected and returned together. Only the password file in force is read.
#include "settings/load.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "settings/cross_checks.h"
#include "settings/file.h"
#include "settings/table.h"
#include "settings/text.h"
#include "settings/value.h"

namespace orderd::settings {
namespace {

constexpr std::size_t kMaxHostNameBytes = 255;
// A file that is not a settings file at all can have thousands.
constexpr std::size_t kMaxMistakes = 50;

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

// The place of the value and its key. The name of a flag is already the key.
std::string place(const Given& given, std::string_view key) {
  return given.source == Source::kFlag ? given.where : given.where + ": " + std::string(key);
}

// Does not repeat the value: it may be a password under a misspelled name.
std::string unknown(const Given& given) {
  const char* what = given.source == Source::kFile       ? ": unknown key"
                     : given.source == Source::kVariable ? ": unknown variable"
                                                         : ": unknown flag";
  const std::string name = given.source == Source::kFile ? place(given, given.key) : given.where;
  return name + what + suggestion(given.source == Source::kFile ? given.key : given.where, known_names(given.source));
}

class Loader {
 public:
  void take(const Given& given, std::string_view key) {
    const Setting* row = find(key);
    if (row == nullptr) return take_unknown(given, find_removed(key));
    const std::string where = place(given, row->key);
    origins_.where.insert_or_assign(std::string(row->key), where);
    const std::string problem = assign(*row, given, settings_);
    if (problem.empty()) return;
    add(where + ": " + problem);
    origins_.failed.emplace(row->key);
  }

  void add(std::string mistake) { mistakes_.push_back(std::move(mistake)); }

  Result<Settings> finish() {
    if (settings_.processing.name.empty() && !origins_.failed.contains(kNameKey)) take_host_name();
    cross_check(settings_, origins_, mistakes_);
    if (mistakes_.empty()) return std::move(settings_);
    std::string all;
    const std::size_t shown = std::min(mistakes_.size(), kMaxMistakes);
    for (std::size_t i = 0; i < shown; ++i) all.append(i == 0 ? "" : "\n").append(mistakes_[i]);
    if (shown < mistakes_.size()) all += "\nand " + std::to_string(mistakes_.size() - shown) + " more mistakes";
    return Failure{all};
  }

 private:
  void take_unknown(const Given& given, const Removed* removed) {
    // Past the limit it would only be counted, and a suggestion costs time.
    if (mistakes_.size() >= kMaxMistakes) return add({});
    if (removed == nullptr) return add(unknown(given));
    add(place(given, removed->key) + " was removed: " + std::string(removed->instead));
  }

  void take_host_name() {
    std::array<char, kMaxHostNameBytes + 1> name{};
    const bool known = ::gethostname(name.data(), kMaxHostNameBytes) == 0;
    const Given given{Source::kFile, "", std::string(kNameKey), Given::Form::kPlain, known ? name.data() : ""};
    const std::string problem = assign(*find(kNameKey), given, settings_);
    if (!problem.empty()) add(std::string(kNameKey) + ": the host's name cannot be used, set another: " + problem);
  }

  Settings settings_;
  Origins origins_;
  std::vector<std::string> mistakes_;
};

// The key of a variable's name; empty if there is none.
std::string_view key_of_variable(const std::string& name) {
  for (const Setting& row : table()) {
    if (row.variable() == name) return row.key;
  }
  for (const Removed& row : removed()) {
    if (variable_of(row.key) == name) return row.key;
  }
  return {};
}

}  // namespace

Result<Settings> load(const Sources& sources) {
  Loader loader;
  std::vector<Given> given;
  std::vector<std::string> mistakes;
  if (!sources.file.empty()) read_file(sources.file, given, mistakes);
  for (std::string& mistake : mistakes) loader.add(std::move(mistake));
  for (const Given& value : given) loader.take(value, value.key);
  for (const auto& [name, text] : sources.environment) {
    loader.take({Source::kVariable, printable(name), printable(name), Given::Form::kPlain, text},
                key_of_variable(name));
  }
  for (const auto& [key, text] : sources.flags) {
    loader.take({Source::kFlag, "--" + printable(key), printable(key), Given::Form::kPlain, text}, key);
  }
  return loader.finish();
}

Result<Settings> load_again(const Sources& sources) {
  std::error_code unknown;  // load() reports it
  const auto status = std::filesystem::status(sources.file, unknown);
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) return load(sources);
  return Failure{printable(sources.file) + ": it is not a regular file, and cannot be read again"};
}

}  // namespace orderd::settings
