// Standard output is written through stdio, and flushed when a sub-command is done or about to wait.
#include "shared/output.h"

#include <simdjson.h>
#include <spdlog/fmt/chrono.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace orderd::tools {
namespace {

const char* name_of_program = "orderd";

// The first character of a text; no bytes: it is not UTF-8.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;
};

Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size || !simdjson::validate_utf8(text.data(), size)) return {};
  char32_t code = first & (0xFFU >> (size + 1));
  for (const char c : text.substr(1, size - 1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return {code, size};
}

// Control characters beyond ASCII, those of no width, and those that change the reading direction or the line: two
// texts could look the same, or one like another. Unicode's Default_Ignorable_Code_Point and Bidi_Control.
bool deceives(char32_t code) {
  static constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x80, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},     {0x115F, 0x1160},   {0x17B4, 0x17B5},
      {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},
      {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
  };
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [code](const auto& range) { return code >= range.first && code <= range.second; });
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
  std::string out;
  while (!text.empty()) {
    const auto [code, bytes] = first_character(text);
    if (bytes == 0 || code < 0x20 || code == 0x7F) {
      out.append(fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0])));
    } else if (deceives(code)) {
      out.append(fmt::format("\\u{{{:X}}}", static_cast<uint32_t>(code)));
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

std::optional<std::size_t> terminal_width() {
  if (isatty(STDOUT_FILENO) != 1) return std::nullopt;
  const char* columns = std::getenv("COLUMNS");
  const unsigned long wanted = columns == nullptr ? 0 : std::strtoul(columns, nullptr, 10);
  winsize size{};
  if (wanted == 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return std::nullopt;
  const std::size_t width = wanted > 0 ? wanted : size.ws_col;
  return width > 0 ? std::optional(width) : std::nullopt;
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
  const std::string line = fmt::format("{}: {}\n", program_name(), text);
  // If this fails, there is nowhere left to report it.
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

Result<bool> flush_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  return Failure{fmt::format("cannot write to standard output: {}", std::strerror(errno))};
}

std::string colored(std::string_view text, Color color) {
  static constexpr const char* kCodes[] = {"", "1", "31", "32", "33"};
  if (!colors() || color == Color::kPlain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(color)], text);
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size() + 1, width), ' ');
  return text;
}

std::string mebibytes_text(uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string duration_text(std::chrono::nanoseconds time) {
  const double ms = static_cast<double>(time.count()) / 1e6;
  if (time.count() == 0) return "0 ms";
  if (ms < 0.9995) return fmt::format("{:.0f} us", ms * 1e3);
  if (ms < 999.5) return fmt::format("{:.3g} ms", ms);
  if (ms < 120e3) return fmt::format("{:.1f} s", ms / 1e3);
  if (ms < 7200e3) return fmt::format("{:.0f} min", ms / 60e3);
  if (ms < 48 * 3600e3) return fmt::format("{:.1f} h", ms / 3600e3);
  return fmt::format("{:.0f} days", ms / (24 * 3600e3));
}

std::string time_text(uint64_t since_1970_ms) {
  constexpr uint64_t kYear1971 = 31'536'000'000;
  constexpr uint64_t kYear9999 = 253'370'764'800'000;
  if (since_1970_ms < kYear1971 || since_1970_ms > kYear9999) return "";
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(since_1970_ms / 1000)));
}

std::string count_text(uint64_t count, std::string_view one, std::string_view many) {
  if (count == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

}  // namespace orderd::tools
