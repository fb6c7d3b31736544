#include "order-bench/script_shape.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "lua/scripts.h"
#include "order-bench/pipeline.h"

namespace orderd::bench {
namespace {

std::string script_of(const std::string& name) {
  for (const auto& [builtin, text] :
       {std::pair{"bare", kBareScript}, std::pair{"settle", lua::settle}, std::pair{"join", lua::join},
        std::pair{"lease", lua::lease}, std::pair{"trim", lua::trim}}) {
    if (name == builtin) return std::string(text);
  }
  std::ifstream file(name);
  if (!file) throw std::runtime_error("cannot read the script " + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string entry_id(std::size_t n) {
  return fmt::format("{}-{}", 1795462600000 + n / 4, n % 4);
}

// The placeholders of one order, and what is put in their places.
using Values = std::vector<std::pair<std::string_view, std::string>>;
Values values_of(const Shape& shape, std::size_t first, std::size_t n) {
  return {{"{n}", std::to_string(n)},
          {"{id}", entry_id(n)},
          {"{script}", shape.sha1},
          {"{requests}", std::to_string(shape.requests)},
          {"{previous}", first == 0 ? "0-0" : entry_id(first - 1)},
          {"{digest}", fmt::format("{:016x}", (n + 1) * 0x9E3779B97F4A7C15U)}};
}

std::string filled_word(std::string word, const Values& values) {
  if (word == "''") return {};
  for (const auto& [name, value] : values) {
    for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at + value.size())) {
      word.replace(at, name.size(), value);
    }
  }
  return word;
}

void read_line(const std::string& line, Shape& shape) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string word = line.substr(0, space);
  const std::string text = line.substr(std::min(space + 1, line.size()));
  if (word == "requests") {
    shape.requests = std::max<std::size_t>(std::stoul(text), 1);
  } else if (word == "script") {
    shape.script = script_of(text);
  } else if (word == "prepare") {
    shape.prepare.push_back(text);
  } else if (word == "before") {
    shape.before.push_back(text);
  } else if (word == "send" || word == "each") {
    shape.turn.push_back({word == "each", text});
  } else if (word == "answer" && !shape.turn.empty()) {
    shape.turn.back().answer = text;
  } else {
    throw std::runtime_error("unknown line '" + line + "'");
  }
  (void)shape.filled(text, 0, 1);  // are its brackets right?
}

}  // namespace

std::vector<std::string> Shape::filled(const std::string& line, std::size_t first, std::size_t last) const {
  std::istringstream stream(line);
  std::vector<std::string> words, group;
  bool in_group = false;
  const Values of_first = values_of(*this, first, first);
  for (std::string word; stream >> word;) {
    if (word.front() == '[') {
      in_group = true;
      word.erase(0, 1);
    }
    if (!in_group) {
      words.push_back(filled_word(word, of_first));
      continue;
    }
    const bool ends = word.back() == ']';
    if (ends) word.pop_back();
    group.push_back(word);
    if (!ends) continue;
    for (std::size_t n = first; n < last; ++n) {
      const Values values = values_of(*this, first, n);
      for (const std::string& each : group) words.push_back(filled_word(each, values));
    }
    group.clear();
    in_group = false;
  }
  if (in_group) throw std::runtime_error("unclosed bracket: " + line);
  return words;
}

Shape read_shape(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the shape " + path);
  Shape shape;
  shape.name = std::filesystem::path(path).stem().string();
  try {
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line.front() != '#') read_line(line, shape);
    }
  } catch (const std::exception& problem) {
    throw std::runtime_error(path + ": " + problem.what());
  }
  if (shape.turn.empty()) throw std::runtime_error(path + ": there is nothing to measure");
  return shape;
}

}  // namespace orderd::bench
