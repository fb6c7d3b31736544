// Standard output is written through stdio, and flushed when a sub-command is done or about to wait.
#include "shared/output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

namespace orderd::tools {
namespace {

const char* name_of_program = "orderd";

// Bytes of the UTF-8 sequence at the start of `text`; 0: not UTF-8, or a control character.
std::size_t printable_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t size = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : 4;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool beyond = first == 0xF4 && byte(1) >= 0x90;
  const bool control = first == 0xC2 && byte(1) < 0xA0;
  // U+202A to U+202E, U+2066 to U+2069 change the reading direction.
  const bool turning = first == 0xE2 && ((byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE) ||
                                         (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9));
  return overlong || surrogate || beyond || control || turning ? 0 : size;
}

// How many characters a terminal shows, assuming one cell for each.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool colors() {
  static const bool decided = [] {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    const bool wanted = no_color == nullptr || *no_color == '\0';
    return wanted && isatty(STDOUT_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
  }();
  return decided;
}

}  // namespace

std::string shown(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const std::size_t size = printable_bytes(text);
    if (size > 0) {
      out.append(text.substr(0, size));
    } else {
      const auto byte = static_cast<unsigned char>(text[0]);
      out.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 0xF]);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

void print(std::string_view text) {
  // The stream keeps an error; flush_output() reports it.
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_json(const Json& value) {
  print(value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void name_program(const char* name) {
  name_of_program = name;
}

const char* program_name() {
  return name_of_program;
}

void note(std::string_view text) {
  const std::string line = std::string(program_name()) + ": " + std::string(text) + "\n";
  // If this fails, there is nowhere left to report it.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

bool flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  const int error = errno;
  note("cannot write to standard output: " + std::string(std::strerror(error)));
  return false;
}

std::string colored(std::string_view text, Color color) {
  std::string out(text);
  if (!colors() || color == Color::kPlain) return out;
  const char* code = "1";
  switch (color) {
    case Color::kPlain:
    case Color::kBold: break;
    case Color::kRed: code = "31"; break;
    case Color::kGreen: code = "32"; break;
    case Color::kYellow: code = "33"; break;
  }
  return std::string("\x1b[") + code + "m" + out + "\x1b[0m";
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) widths_.push_back(std::max(column.width_min, width_of(column.heading)));
}

void Table::add(std::vector<Cell> row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row.at(i).text));
  rows_.push_back(std::move(row));
}

void Table::print() {
  if (!headed_) {
    std::vector<Cell> headings;
    for (const Column& column : columns_) headings.push_back({std::string(column.heading), Color::kBold});
    print_row(headings);
    headed_ = true;
  }
  for (const auto& row : rows_) print_row(row);
  rows_.clear();
}

void Table::print_row(const std::vector<Cell>& row) const {
  std::string line;
  std::size_t owed = 0;  // spaces, if something follows
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t padding = widths_[i] - width_of(row[i].text);
    const bool right = columns_[i].align == Align::kRight;
    if (!row[i].text.empty()) {
      line.append(owed + (right ? padding : 0), ' ').append(colored(row[i].text, row[i].color));
      owed = 0;
    }
    owed += 2 + (right && !row[i].text.empty() ? 0 : row[i].text.empty() ? widths_[i] : padding);
  }
  tools::print(line + "\n");
}

std::string duration_text(std::chrono::milliseconds time) {
  const auto ms = static_cast<double>(time.count());
  std::array<char, 64> text;
  const auto write = [&](const char* format, double value) {
    (void)std::snprintf(text.data(), text.size(), format, value);
    return std::string(text.data());
  };
  if (ms < 1000) return std::to_string(time.count()) + " ms";
  if (ms < 120e3) return write("%.1f s", ms / 1e3);
  if (ms < 7200e3) return write("%.0f min", ms / 60e3);
  if (ms < 48 * 3600e3) return write("%.1f h", ms / 3600e3);
  return write("%.0f days", ms / (24 * 3600e3));
}

std::string time_text(uint64_t since_1970_ms) {
  constexpr uint64_t kYear1971 = 31'536'000'000;
  constexpr uint64_t kYear9999 = 253'370'764'800'000;
  if (since_1970_ms < kYear1971 || since_1970_ms > kYear9999) return "";
  const auto seconds = static_cast<std::time_t>(since_1970_ms / 1000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  std::array<char, 32> text;
  return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::string count_text(uint64_t count, std::string_view one, std::string_view many) {
  std::string out = std::to_string(count) + " ";
  if (count == 1) return out.append(one);
  return many.empty() ? out.append(one).append("s") : out.append(many);
}

}  // namespace orderd::tools
