// Every option has a callback that gets the texts unchanged.
#include "shared/options.h"

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>

#include "order/name_rules.h"
#include "order/request.h"
#include "settings/duration.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr std::chrono::milliseconds kLongest = std::chrono::hours(8760);

std::string complaint(const std::string& text, const char* problem) {
  return problem == nullptr ? "" : fmt::format("'{}' {}", shown(text), problem);
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& brief, const std::string& more) {
  CLI::App* app = parent.add_subcommand(name, brief);
  app->fallthrough();
  app->footer(more + "\n\nSettings (--config, --valkey.url, ...) are accepted here, too; " + program_name() +
              " --help lists them.");
  return app;
}

void add_json(CLI::App& app, Program& program) {
  app.add_flag("--json", program.json, "print JSON, one object per line");
}

void set_action(CLI::App& app, Program& program, LaneUse lanes, Action action, std::function<void()> check) {
  add_json(app, program);
  set_text_action(app, program, lanes, std::move(action), std::move(check));
}

void set_text_action(CLI::App& app, Program& program, LaneUse lanes, Action action, std::function<void()> check) {
  app.callback([&program, lanes, action = std::move(action), check = std::move(check)] {
    if (check) check();
    program.lanes = lanes;
    program.action = action;
  });
}

CLI::Option* add_one(CLI::App& app, const std::string& name, const std::string& type, const std::string& help,
                     std::function<void(const std::string&)> keep) {
  const CLI::callback_t keep_first = [keep = std::move(keep)](const CLI::results_t& texts) {
    keep(texts.at(0));
    return true;
  };
  return app.add_option(name, keep_first, help)->type_name(type)->type_size(1)->expected(1);
}

CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target, const std::string& type,
                      const std::string& help) {
  return add_one(app, name, type, help, [&target](const std::string& text) { target = text; });
}

CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& target,
                       const std::string& type, const std::string& help) {
  const CLI::callback_t keep = [&target](const CLI::results_t& texts) {
    target = texts;
    return true;
  };
  // For a positional with optional extra arguments CLI11 would split "[a,b]".
  const int count = name.starts_with("-") ? 1 : CLI::detail::expected_max_vector_size;
  CLI::Option* option = app.add_option(name, keep, help)->type_name(type)->type_size(1)->expected(count, count);
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option* add_whole(CLI::App& app, const std::string& name, uint64_t& target, uint64_t min, uint64_t max,
                       const std::string& help) {
  const auto keep = [&target](const std::string& text) { target = whole_of(text).value_or(0); };
  return add_one(app, name, "N", help, keep)->check([min, max](const std::string& text) {
    const auto number = whole_of(text);
    if (number && *number >= min && *number <= max) return std::string();
    return fmt::format("'{}' is not a whole number between {} and {}", shown(text), min, max);
  });
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& target,
                          const std::string& help) {
  const auto keep = [&target](const std::string& text) { target = duration_of(text).value_or(target); };
  return add_one(app, name, "DURATION", help, keep)->check([](const std::string& text) {
    return complaint(
        text, duration_of(text) ? nullptr : "is not a duration: a whole number with ms, s, m or h, at most 8760h");
  });
}

std::string check_sku(const std::string& text) {
  return complaint(text, order::problem_of_sku(text));
}

std::string check_id(const std::string& text) {
  return complaint(text, order::problem_of_id(text));
}

std::string check_file_name(const std::string& name) {
  return name.empty() ? "a file name is expected" : "";
}

std::optional<uint64_t> whole_of(std::string_view text) {
  if (!settings::is_whole(text) || settings::to_whole(text) > order::kMaxWhole) return std::nullopt;
  return settings::to_whole(text);
}

std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
  const auto duration = settings::duration_of(text);
  return duration && *duration <= kLongest ? duration : std::nullopt;
}

}  // namespace orderd::tools
