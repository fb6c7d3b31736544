// Prints the settings from the rows of the table, for --print-config and the sample file.
#include <string_view>

#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"

namespace orderd::settings {
namespace {

constexpr std::string_view kHead =
    R"(# Settings of orderd. Each one is shown with its default, which applies if it is not set.
#
# A flag (--section.key) overrides a variable (ORDERD_SECTION_KEY), which overrides this file. A duration is a whole number
# and a unit: ms, s, m or h. "Live" means that SIGHUP applies a change.
#
#   orderd --config orderd.toml --check          reports what is wrong in this file
#   orderd --config orderd.toml --print-config   prints the effective settings
)";

// Starts a new section if `row` is its first key.
void begin_section(const Setting& row, std::string_view& section, std::string& out) {
  if (row.section() == section) return;
  section = row.section();
  out.append(out.empty() ? "[" : "\n[").append(section).append("]\n");
}

void append_comment(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    out.append("# ").append(line).append("\n");
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
  }
}

std::string sentence(std::string_view brief) {
  std::string out(brief);
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out + '.';
}

void append_sample(const Setting& row, std::string& out) {
  append_comment(sentence(row.brief), out);
  append_comment(row.more, out);
  // The other rules for texts are explained in `more`.
  const auto* text = std::get_if<Text>(&row.type);
  const bool explained = text != nullptr && text->rule != Text::Rule::kAny && text->rule != Text::Rule::kStream &&
                         text->rule != Text::Rule::kDeadStream;
  append_comment((explained ? "" : "Allowed: " + allowed(row) + ". ") +
                     (row.applies == Applies::kLive ? "Applied live." : "Applied at restart."),
                 out);
  const bool host = row.key == kNameKey;
  out.append(host ? "#" : "").append(row.name()).append(" = ");
  out.append(host ? "\"the host's name\"" : literal(row, Settings{})).append("\n");
}

}  // namespace

std::string print(const Settings& settings) {
  std::string out;
  std::string_view section;
  for (const Setting& row : table()) {
    begin_section(row, section, out);
    out.append(row.name()).append(" = ").append(literal(row, settings)).append("\n");
  }
  return out;
}

std::string sample_file() {
  std::string out(kHead);
  std::string_view section;
  for (const Setting& row : table()) {
    if (row.section() == section) out.append("\n");
    begin_section(row, section, out);
    append_sample(row, out);
  }
  return out;
}

}  // namespace orderd::settings
