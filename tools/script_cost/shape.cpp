#include "script_cost/shape.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "benchmark/bare_script.h"
#include "lua/scripts.h"

namespace orderd::cost {
namespace {

Words words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

// The brackets around a group belong to no word.
Template template_of(const std::string& text) {
  Template made(1);
  for (std::string word : words_of(text)) {
    if (word.front() == '[') {
      made.push_back({.each = true, .words = {}});
      word.erase(0, 1);
    }
    const bool last = made.back().each && word.back() == ']';
    if (last) word.pop_back();
    made.back().words.push_back(word);
    if (last) made.emplace_back();
  }
  if (made.back().each) throw std::runtime_error("unclosed bracket: " + text);
  return made;
}

std::string script_of(const std::string& name) {
  if (name == "bare") return std::string(bench::kBareScript);
  if (name == "settle") return std::string(lua::settle);
  if (name == "join") return std::string(lua::join);
  if (name == "lease") return std::string(lua::lease);
  if (name == "trim") return std::string(lua::trim);
  std::ifstream file(name);
  if (!file) throw std::runtime_error("cannot read the script " + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
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
    shape.prepare.push_back(words_of(text));
  } else if (word == "before") {
    shape.before.push_back(words_of(text));
  } else if (word == "send" || word == "each") {
    shape.turn.push_back({template_of(text), word == "each", false, {}});
  } else if (word == "answer" && !shape.turn.empty()) {
    shape.turn.back().answered = true;
    shape.turn.back().answer = template_of(text);
  } else {
    throw std::runtime_error("unknown line '" + line + "'");
  }
}

}  // namespace

Shape read_shape(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read the shape " + path);
  Shape shape;
  shape.name = path.substr(path.rfind('/') + 1);
  shape.name.erase(std::min(shape.name.rfind(".shape"), shape.name.size()));
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

std::string entry_id(std::size_t n) {
  return std::to_string(1795462600000 + n / 4) + "-" + std::to_string(n % 4);
}

std::string filled(const std::string& word, const Shape& shape, const std::string& sha1, std::size_t first,
                   std::size_t n) {
  if (word == "''") return {};
  std::string out;
  for (std::size_t at = 0; at < word.size();) {
    const auto takes = [&](std::string_view mark) {
      if (word.compare(at, mark.size(), mark) != 0) return false;
      at += mark.size();
      return true;
    };
    if (takes("{n}")) {
      out += std::to_string(n);
    } else if (takes("{id}")) {
      out += entry_id(n);
    } else if (takes("{script}")) {
      out += sha1;
    } else if (takes("{requests}")) {
      out += std::to_string(shape.requests);
    } else if (takes("{previous}")) {
      out += first == 0 ? "0-0" : entry_id(first - 1);
    } else if (takes("{digest}")) {
      char digits[17];
      (void)std::snprintf(digits, sizeof digits, "%016zx", (n + 1) * 0x9E3779B97F4A7C15U);
      out += digits;
    } else {
      out += word[at++];
    }
  }
  return out;
}

Words filled(const Template& parts, const Shape& shape, const std::string& sha1, std::size_t first, std::size_t last) {
  Words out;
  for (const Part& part : parts) {
    for (std::size_t n = first; n < (part.each ? last : first + 1); ++n) {
      for (const std::string& word : part.words) out.push_back(filled(word, shape, sha1, first, n));
    }
  }
  return out;
}

}  // namespace orderd::cost
