// Flags and variables as sources: taken as text here, checked by load().
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
  if (std::holds_alternative<Choice>(row.type)) return "WORD";
  if (row.key == "valkey.url") return "URL";
  if (row.key == "valkey.password_file") return "FILE";
  return "TEXT";
}

std::string help_of(const Setting& row) {
  std::string help(row.brief);
  if (std::holds_alternative<Choice>(row.type)) help.append(" (").append(allowed(row)).append(")");
  const std::string value = row.key == "streams.consumer" ? "the host's name" : plain(row, Settings{});
  return value.empty() ? help : help + " [" + value + "]";
}

}  // namespace

void add_flags(CLI::App& app, Sources& sources) {
  // `--config "$UNSET"` must not mean the defaults.
  const auto named = [](const std::string& file) {
    return std::string(file.empty() ? "a file's name is expected" : "");
  };
  app.add_option("--config", sources.file, "the settings file, TOML")
      ->type_name("FILE")
      ->group("Settings")
      ->check(named);
  for (const Setting& row : table()) {
    // The plain callback sees the texts as given; CLI11's conversions read "{}" and "[]" as nothing.
    const CLI::callback_t keep = [&sources, key = std::string(row.key)](const CLI::results_t& texts) {
      for (const std::string& text : texts) sources.flags.emplace_back(key, text);
      return true;
    };
    CLI::Option* option = app.add_option(row.flag(), keep, row.supported() ? help_of(row) : "");
    option->type_name(type_of(row))->type_size(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // What is not supported yet does not show, and says so with and without a value.
    option->expected(row.supported() ? 1 : 0, 1)->group(row.supported() ? "[" + std::string(row.section()) + "]" : "");
  }
}

std::vector<std::string> arguments(int argc, const char* const* argv) {
  std::vector<std::string> out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    // "--key=" has an empty value; CLI11 would take the next argument for it.
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
