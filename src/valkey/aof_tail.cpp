// A transaction in the file: *1 MULTI, the script's writes, *1 EXEC, each in RESP (*3\r\n$3\r\nSET\r\n…).
#include "valkey/aof_tail.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace orderd::valkey {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr uint64_t kMaxNumber = 1'000'000'000;

enum class Read {
  kWhole,  // complete
  kEnds,   // a beginning, then the bytes end
  kWrong,  // something else
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() && strncasecmp(text.data(), word.data(), word.size()) == 0;
}

// Whether an incomplete value contains what would follow values: then its length is wrong, rather than its end missing.
bool swallowed_more(std::string_view value) {
  if (value.ends_with(kLineEnd)) return true;
  for (auto at = value.find(kLineEnd); at != std::string_view::npos; at = value.find(kLineEnd, at + 1)) {
    const std::string_view next = value.substr(at + kLineEnd.size());
    if (next.size() >= 2 && (next[0] == '*' || next[0] == '$') && is_digit(next[1])) return true;
  }
  return false;
}

struct LoggedCommand {
  uint64_t words = 0;
  std::string_view name;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  // kEnds also if nothing is left.
  Read command(LoggedCommand& out) {
    const Read read = number('*', out.words);
    if (read != Read::kWhole) return read;
    if (out.words == 0) return Read::kWrong;
    for (uint64_t i = 0; i < out.words; ++i) {
      std::string_view word;
      if (const Read each = value(word); each != Read::kWhole) return each;
      if (i > 0) continue;
      out.name = word;
      // These two have no arguments; another count would make a complete transaction look incomplete.
      if (out.words > 1 && (is_word(word, "MULTI") || is_word(word, "EXEC"))) return Read::kWrong;
    }
    return Read::kWhole;
  }

 private:
  Read number(char prefix, uint64_t& out) {
    if (left_.empty()) return Read::kEnds;
    if (left_.front() != prefix) return Read::kWrong;
    left_.remove_prefix(1);
    const auto digits =
        static_cast<std::size_t>(std::find_if_not(left_.begin(), left_.end(), is_digit) - left_.begin());
    const std::string_view text = left_.substr(0, digits);
    left_.remove_prefix(digits);
    if (text.size() > 1 && text.front() == '0') return Read::kWrong;
    if (!left_.empty() && text.empty()) return Read::kWrong;
    if (!text.empty()) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
      if (error != std::errc() || out > kMaxNumber) return Read::kWrong;
    }
    return line_end();
  }

  Read value(std::string_view& out) {
    uint64_t size = 0;
    if (const Read read = number('$', size); read != Read::kWhole) return read;
    if (left_.size() < size + kLineEnd.size() && swallowed_more(left_.substr(0, size))) return Read::kWrong;
    if (left_.size() < size) return Read::kEnds;
    out = left_.substr(0, size);
    left_.remove_prefix(size);
    return line_end();
  }

  Read line_end() {
    const std::string_view found = left_.substr(0, kLineEnd.size());
    if (!kLineEnd.starts_with(found)) return Read::kWrong;
    left_.remove_prefix(found.size());
    return found == kLineEnd ? Read::kWhole : Read::kEnds;
  }

  std::string_view left_;
};

// The number after `name` in a line, if there is one.
std::optional<uint64_t> number_after(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(at + name.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::optional<AofAnalysis> analysis_of_line(std::string_view line) {
  constexpr std::string_view kStart = "AOF analyzed: filename=";
  const auto name_end = line.find(", size=");
  if (!line.starts_with(kStart) || name_end == std::string_view::npos) return std::nullopt;
  const std::string_view numbers = line.substr(name_end);
  const auto size = number_after(numbers, ", size=");
  const auto good = number_after(numbers, ", ok_up_to=");
  const auto behind = number_after(numbers, ", diff=");
  if (!size || !good || !behind || *good + *behind != *size) return std::nullopt;
  return AofAnalysis{std::string(line.substr(kStart.size(), name_end - kStart.size())), *size, *good, *behind};
}

}  // namespace

std::vector<AofFile> aof_files(std::string_view manifest) {
  std::vector<AofFile> files;
  while (!manifest.empty()) {
    const std::string_view line = manifest.substr(0, manifest.find('\n'));
    manifest.remove_prefix(std::min(manifest.size(), line.size() + 1));
    // "file NAME seq NUMBER type b", or i, or h.
    constexpr std::string_view kStart = "file ";
    const auto end = line.find(" seq ");
    if (!line.starts_with(kStart) || end == std::string_view::npos || end <= kStart.size()) continue;
    if (!line.ends_with(" type b") && !line.ends_with(" type i")) continue;
    files.push_back({std::string(line.substr(kStart.size(), end - kStart.size()))});
  }
  return files;
}

std::optional<AofAnalysis> analysis_of(std::string_view report) {
  std::optional<AofAnalysis> last;
  while (!report.empty()) {
    const std::string_view line = report.substr(0, report.find('\n'));
    report.remove_prefix(std::min(report.size(), line.size() + 1));
    if (auto found = analysis_of_line(line); found && found->behind > 0) last = std::move(found);
  }
  return last;
}

bool is_torn(std::string_view bytes) {
  const auto end = bytes.find_last_not_of('\0');
  if (end == std::string_view::npos) return !bytes.empty();  // nothing but zeros
  Reader reader(bytes.substr(0, end + 1));
  LoggedCommand command;
  Read read = reader.command(command);
  if (read != Read::kWhole) return read == Read::kEnds;
  if (!is_word(command.name, "MULTI")) return false;
  while (true) {
    command = {};
    read = reader.command(command);
    if (read != Read::kWhole) return read == Read::kEnds;
    // A command of one word is EXEC, so the transaction is complete; a second MULTI; or a damaged EXEC. The only writes
    // of one word are FLUSHALL and FLUSHDB.
    if (command.words == 1 && !is_word(command.name, "FLUSHALL") && !is_word(command.name, "FLUSHDB")) return false;
  }
}

}  // namespace orderd::valkey
