// toml++ parses; the tree is walked down to what the table knows as a key, or to where nobody knows it, and put back
// into the order of the file: its tables are sorted by name.
#include "settings/file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <tuple>

#include "settings/text.h"

namespace orderd::settings {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;  // a settings file has a few KiB; this is no such file

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
  if (text.size() > kMaxFileBytes) return Failure{"it has more than 1 MiB"};
  return text;
}

std::string place(const std::string& path, toml::source_position at) {
  return printable(path) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

// A key with a dot or anything odd in it is quoted, so that it never looks like a key of ours.
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
    case toml::node_type::boolean: return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time: return "a date or a time";
    default: return "another type";
  }
}

Given to_given(const std::string& path, const Leaf& leaf) {
  Given given;
  given.source = Source::kFile;
  given.key = leaf.key;
  // An unknown key is what is wrong, with a known one it is the value.
  given.where = place(path, find(leaf.key) == nullptr ? leaf.key_at : leaf.value->source().begin);
  if (const auto* text = leaf.value->as_string()) {
    given.form = Given::Form::kString;
    given.text = text->get();
  } else if (const auto* number = leaf.value->as_integer()) {
    given.form = Given::Form::kInteger;
    given.text = std::to_string(number->get());
  } else {
    given.form = Given::Form::kOther;
    given.text = type_name(*leaf.value);
  }
  return given;
}

// toml++'s sentences may repeat the text they stumble on, up to a whole value: longer quotes than of a letter or a word
// of TOML's own are left out.
std::string without_quotes(std::string_view sentence) {
  static constexpr std::size_t kMaxQuoteBytes = 6;
  std::string out;
  for (std::size_t at = 0; at < sentence.size();) {
    // One character at least stands between two quotes, and it may be a quote.
    const std::size_t end = sentence[at] == '\'' ? sentence.find('\'', at + 2) : std::string_view::npos;
    const std::size_t size = end == std::string_view::npos ? 1 : end + 1 - at;
    out.append(size > kMaxQuoteBytes + 2 ? "'...'" : sentence.substr(at, size));
    at += size;
  }
  return printable(out);
}

std::optional<toml::table> parse(const std::string& path, const std::string& text, std::vector<std::string>& mistakes) {
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
    mistakes.push_back(printable(path) + ": the file cannot be read: " + text.error());
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
