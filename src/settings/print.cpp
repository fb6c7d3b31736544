// The settings as text, from the table's rows: --print-config and the sample file.
#include <string_view>

#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"

namespace orderd::settings {
namespace {

constexpr std::string_view kHead =
    R"(# The settings of orderd. Each is shown with its default; what is not given keeps it.
#
# A flag --section.key beats the variable ORDERD_SECTION_KEY, which beats this file. Durations are a whole number and a unit:
# ms, s, m or h. "Live" is when orderd gets SIGHUP.
#
#   orderd --config orderd.toml --check          says what is wrong in here
#   orderd --config orderd.toml --print-config   prints what is in force
)";

// Begins a section where `row` is its first.
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
  if (!out.ends_with('?')) out += '.';
  return out;
}

void append_sample(const Setting& row, std::string& out) {
  append_comment(sentence(row.brief), out);
  append_comment(row.more, out);
  if (const auto* later = std::get_if<NotYet>(&row.type)) {
    out.append("#").append(row.name()).append(" = ").append(later->shown).append("  # not supported yet\n");
    return;
  }
  // What else a text has to be stands in `more`.
  const auto* text = std::get_if<Text>(&row.type);
  const bool told = text != nullptr && text->rule != Text::Rule::kAny && text->rule != Text::Rule::kStream;
  append_comment((told ? "" : "Allowed: " + allowed(row) + ". ") +
                     (row.applies == Applies::kLive ? "Applied live." : "Applied at restart."),
                 out);
  const bool host = row.key == "streams.consumer";
  out.append(host ? "#" : "").append(row.name()).append(" = ");
  out.append(host ? "\"the host's name\"" : literal(row, Settings{})).append("\n");
}

}  // namespace

std::string print(const Settings& settings) {
  std::string out;
  std::string_view section;
  for (const Setting& row : table()) {
    if (!row.supported()) continue;
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
