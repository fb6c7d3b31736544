// toml++ parses the text. Its tables, which are sorted by name, are walked down to the keys of the table of settings,
// or to unknown keys; the result is sorted back into the order of the file.
#include "settings/file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <tuple>

#include "settings/nesting.h"
#include "settings/text.h"

namespace orderd::settings {
namespace {

// The sample file has 7 KiB. Reading this much takes milliseconds, which matters at SIGHUP: orders wait meanwhile.
constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;

struct Leaf {
  toml::source_position key_at;
  std::string key;
  const toml::node* value;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::string> read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (!file) return Failure{std::strerror(errno)};
  std::string text(kMaxFileBytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return Failure{std::strerror(errno)};
  if (text.size() > kMaxFileBytes) return Failure{"it is larger than 64 KiB"};
  return text;
}

std::string place(const std::string& path, std::size_t line, std::size_t column) {
  return printable(path) + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string place(const std::string& path, toml::source_position at) {
  return place(path, at.line, at.column);
}

// A name with a dot or another special character is quoted, so that it cannot look like one of the known keys.
std::string shown_key(std::string_view name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? printable(name) : in_quotes(name);
}

void walk(const toml::table& table, const std::string& prefix, std::vector<Leaf>& leaves) {
  for (const auto& [name, value] : table) {
    const std::string key = prefix + shown_key(name.str());
    const toml::table* inner = find(key) == nullptr ? value.as_table() : nullptr;
    const bool known_section = prefix.empty() && is_section(key);
    if (inner != nullptr && (known_section || !inner->empty())) {
      walk(*inner, key + ".", leaves);
    } else {
      leaves.push_back({name.source().begin, key, &value});
    }
  }
}

std::string type_name(const toml::node& value) {
  switch (value.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::floating_point: return "a floating-point number";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or a time";
    default: return "another type";
  }
}

// A list setting may be an array of strings: joined to the equivalent text.
std::optional<std::string> joined(const Leaf& leaf) {
  const Setting* setting = find(leaf.key);
  const auto* text = setting == nullptr ? nullptr : std::get_if<Text>(&setting->type);
  const toml::array* array = leaf.value->as_array();
  const bool list_rule = text != nullptr && (text->rule == Text::Rule::kAddresses || text->rule == Text::Rule::kLanes);
  if (!list_rule || array == nullptr) return std::nullopt;
  std::string list;
  for (const toml::node& each : *array) {
    const auto* word = each.as_string();
    if (word == nullptr) return std::nullopt;
    list += (&each == &array->front() ? "" : ",") + word->get();
  }
  return list;
}

Given to_given(const std::string& path, const Leaf& leaf) {
  Given given;
  given.source = Source::kFile;
  given.key = leaf.key;
  // An error is about an unknown key, or about the value of a known one.
  given.where = place(path, find(leaf.key) == nullptr ? leaf.key_at : leaf.value->source().begin);
  if (const auto* text = leaf.value->as_string()) {
    given.form = Given::Form::kString;
    given.text = text->get();
  } else if (const auto* number = leaf.value->as_integer()) {
    given.form = Given::Form::kInteger;
    given.text = std::to_string(number->get());
  } else if (const auto* boolean = leaf.value->as_boolean()) {
    given.form = Given::Form::kBoolean;
    given.text = boolean->get() ? "true" : "false";
  } else if (const auto list = joined(leaf)) {
    given.form = Given::Form::kString;
    given.text = *list;
  } else {
    given.form = Given::Form::kOther;
    given.text = type_name(*leaf.value);
  }
  return given;
}

// toml++'s errors may quote the text where they occurred, even a whole value, which may be a password. Quotes longer
// than a character or a TOML keyword are left out.
std::string without_quotes(std::string_view sentence) {
  static constexpr std::size_t kMaxQuoteBytes = 6;
  std::string out;
  for (std::size_t at = 0; at < sentence.size();) {
    // Between two quotes there is at least one character, which may be a quote itself.
    const std::size_t end = sentence[at] == '\'' ? sentence.find('\'', at + 2) : std::string_view::npos;
    const std::size_t size = end == std::string_view::npos ? 1 : end + 1 - at;
    out.append(size > kMaxQuoteBytes + 2 ? "'...'" : sentence.substr(at, size));
    at += size;
  }
  return printable(out);
}

std::optional<toml::table> parse(const std::string& path, const std::string& text, std::vector<std::string>& mistakes) {
  if (const auto excess = find_too_deep(text)) {
    mistakes.push_back(place(path, excess->line, excess->column) + ": " + excess->what);
    return std::nullopt;
  }
  try {
    return toml::parse(std::string_view(text), std::string_view(path));
  } catch (const toml::parse_error& error) {
    mistakes.push_back(place(path, error.source().begin) + ": not TOML: " + without_quotes(error.description()));
    return std::nullopt;
  }
}

}  // namespace

void read_file(const std::string& path, std::vector<Given>& given, std::vector<std::string>& mistakes) {
  const auto text = read_text(path);
  if (!text) {
    mistakes.push_back(printable(path) + ": cannot read the file: " + text.error());
    return;
  }
  const auto parsed = parse(path, *text, mistakes);
  if (!parsed) return;
  std::vector<Leaf> leaves;
  walk(*parsed, "", leaves);
  std::sort(leaves.begin(), leaves.end(), [](const Leaf& a, const Leaf& b) {
    return std::tie(a.key_at.line, a.key_at.column) < std::tie(b.key_at.line, b.key_at.column);
  });
  for (const Leaf& leaf : leaves) {
    if (is_section(leaf.key)) {
      mistakes.push_back(place(path, leaf.key_at) + ": " + leaf.key + ": is a section, not a key: write [" + leaf.key +
                         "] and its keys below");
    } else {
      given.push_back(to_given(path, leaf));
    }
  }
}

}  // namespace orderd::settings
