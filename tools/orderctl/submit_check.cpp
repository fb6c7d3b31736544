// What is not an order's JSON is mostly a file of another form: each gets the way out.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "orderctl/submit.h"
#include "shared/line_reader.h"

namespace orderd::tools {

std::string problem_of_line(audit::JsonReader& reader, std::string_view line) {
  const auto& values = reader.read(line);
  if (!values.empty() && values.front().kind == audit::JsonValue::Kind::kObject) return "";
  const std::size_t start = line.find_first_not_of(" \t\r");
  const char first = start == std::string_view::npos ? ' ' : line[start];
  const std::string force = "; --force pushes lines as they are";
  if (first == '[')
    return "a JSON array, and each order has to be a line of its own (jq -c '.[]' FILE makes them)" + force;
  if (first == '{')
    return "not a complete JSON object; an order that spans several lines must be put on one (jq -c . FILE)" + force;
  return "not a JSON object; a file of another form, such as CSV, has to be converted first, each order to a line "
         "like " +
         std::string(R"({"id":"o-1","sku":"shoe","quantity":3})") + force;
}

std::string_view first_sku(const std::vector<audit::JsonValue>& order) {
  bool in_items = false;
  for (const audit::JsonValue& value : order) {
    if (value.depth == 1) in_items = value.name == "items";
    const bool member = value.depth == 1 || (in_items && value.depth == 3);
    if (member && value.name == "sku" && value.kind == audit::JsonValue::Kind::kString) return value.text;
  }
  return {};
}

Result<bool> check_lines(int file) {
  struct stat facts {};
  const off_t start = lseek(file, 0, SEEK_CUR);
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || start < 0) return true;
  LineReader reader(file, kMaxLineBytes);
  audit::JsonReader json;
  for (;;) {
    const LineReader::Kind kind = reader.next();
    // What cannot be read is reported when it is to be pushed.
    if (kind == LineReader::Kind::kEnd || kind == LineReader::Kind::kBroken) break;
    const std::string_view line = reader.line();
    if (kind != LineReader::Kind::kLine || line.empty() || line == "\r") continue;
    const std::string problem = problem_of_line(json, line);
    if (!problem.empty()) {
      return Failure{"line " + std::to_string(reader.number()) + ": " + problem + ". Nothing was pushed"};
    }
  }
  if (lseek(file, start, SEEK_SET) < 0) return Failure{std::string("cannot read it twice: ") + std::strerror(errno)};
  return true;
}

}  // namespace orderd::tools
