// Collects flags and variables as text; load() checks them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"

namespace orderd::settings {
namespace {

std::string type_of(const Setting& row) {
  if (std::holds_alternative<Whole>(row.type)) return "NUMBER";
  if (std::holds_alternative<Duration>(row.type)) return "DURATION";
  if (std::holds_alternative<Choice>(row.type) || std::holds_alternative<Bool>(row.type)) return "WORD";
  if (row.key == "valkey.url") return "URL";
  if (row.key == "valkey.password_file") return "FILE";
  return "TEXT";
}

std::string help_of(const Setting& row) {
  std::string help(row.brief);
  if (std::holds_alternative<Choice>(row.type)) help.append(" (").append(allowed(row)).append(")");
  const std::string value = row.key == kNameKey ? "the host's name" : plain(row, Settings{});
  return value.empty() ? help : help + " [" + value + "]";
}

}  // namespace

void add_flags(CLI::App& app, Sources& sources) {
  // `--config "$UNSET"` must not silently mean the defaults.
  const auto not_empty = [](const std::string& file) {
    return std::string(file.empty() ? "expects the name of a file" : "");
  };
  app.add_option("--config", sources.file, "settings file, TOML")
      ->type_name("FILE")
      ->group("Settings")
      ->check(not_empty);
  const auto add = [&](std::string_view key, const std::string& help) {
    // A callback gets the texts as given; CLI11's own conversions read "{}" and "[]" as nothing.
    const CLI::callback_t keep = [&sources, key = std::string(key)](const CLI::results_t& texts) {
      for (const std::string& text : texts) sources.flags.emplace_back(key, text);
      return true;
    };
    CLI::Option* option = app.add_option(flag_of(key), keep, help);
    return option->type_size(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  // Keys that do not work are hidden, and load() explains them with a value and without one.
  const auto hide = [](CLI::Option* option) { option->expected(0, 1)->group(""); };
  for (const Setting& row : table()) {
    add(row.key, help_of(row))->type_name(type_of(row))->expected(1, 1)->group("[" + std::string(row.section()) + "]");
  }
  for (const Removed& row : removed()) hide(add(row.key, ""));
}

std::vector<std::string> arguments(int argc, const char* const* argv) {
  std::vector<std::string> out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    // "--key=" has an empty value; CLI11 would take the next argument as the value.
    const bool empty_value =
        argument.size() > 3 && argument.starts_with("--") && argument.find('=') == argument.size() - 1;
    out.emplace_back(argument.substr(0, argument.size() - (empty_value ? 1 : 0)));
    if (empty_value) out.emplace_back();
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kVariablePrefix)) continue;
    out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace orderd::settings
