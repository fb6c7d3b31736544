// Most lines of a recording are entries; simdjson reads them. An order's own JSON is not read at all: what is wrong
// with it is reported by orderd.
#include "order-replay/recording.h"

#include <simdjson.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <deque>
#include <iterator>

#include "order-replay/base64.h"

namespace orderd::replay {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kOrderField = "order";

void append_text(std::string& out, std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) {
    append_json(out, text);
    return;
  }
  out.append("{\"base64\":\"");
  append_base64(out, text);
  out.append("\"}");
}

Result<bool> read_stock(const object& top, Recorded& out) {
  if (top["stock"].get(out.sku) != simdjson::SUCCESS || top["quantity"].get(out.quantity) != simdjson::SUCCESS ||
      out.quantity > order::kMaxWhole) {
    return Failure{R"(stock has the form {"stock":"SKU","quantity":N}, N from 0 to 9007199254740991)"};
  }
  out.kind = Recorded::Kind::kStock;
  return true;
}

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find_last_not_of(" \r\t") + 1);
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

}  // namespace

struct RecordingReader::Impl {
  simdjson::dom::parser parser{kMaxLineBytes};
  std::deque<std::string> bytes;  // values that were base64; a deque, so that views into it stay valid
  std::size_t bytes_used = 0;

  Result<bool> read_text(const element& value, std::string_view& out) {
    if (value.get(out) == simdjson::SUCCESS) return true;
    std::string_view text;
    if (value["base64"].get(text) != simdjson::SUCCESS) {
      return Failure{R"(each name and value in "fields" must be a string or {"base64":"..."})"};
    }
    if (bytes_used == bytes.size()) bytes.emplace_back();
    std::string& decoded = bytes[bytes_used++];
    if (!read_base64(text, decoded)) return Failure{R"("base64" does not hold Base64 with padding)"};
    out = decoded;
    return true;
  }

  Result<bool> read_fields(const object& line, Recorded& out) {
    array fields;
    if (line["fields"].get(fields) != simdjson::SUCCESS) return Failure{R"("fields" must be an array)"};
    for (const element field : fields) {
      array pair;
      if (field.get(pair) != simdjson::SUCCESS || pair.size() != 2) {
        return Failure{R"("fields" must hold pairs such as ["order","{...}"])"};
      }
      for (const element text : pair) {
        std::string_view view;
        if (auto read = read_text(text, view); !read) return read;
        out.fields.push_back(view);
      }
    }
    if (out.fields.empty()) return Failure{R"("fields" is empty; an entry has at least one field)"};
    out.kind = Recorded::Kind::kEntry;
    return true;
  }
};

RecordingReader::RecordingReader() : impl_(std::make_unique<Impl>()) {
}
RecordingReader::~RecordingReader() = default;

Result<bool> RecordingReader::read(std::string_view line, Recorded& out) {
  out.kind = Recorded::Kind::kEmpty;
  out.at_us.reset();
  out.id = out.sku = {};
  out.quantity = 0;
  out.fields.clear();
  impl_->bytes_used = 0;
  line = trimmed(line);
  if (line.empty()) return true;
  if (!line.starts_with('{') || !line.ends_with('}')) return Failure{"not a JSON object"};
  // Most orders name neither, and are not read at all.
  const bool plain =
      line.find("\"fields\"") == std::string_view::npos && line.find("\"stock\"") == std::string_view::npos;
  object top;
  if (!plain && impl_->parser.parse(line.data(), line.size()).get(top) != simdjson::SUCCESS) {
    return Failure{"not valid JSON"};
  }
  const auto has = [&](const char* name) { return !plain && top[name].error() == simdjson::SUCCESS; };
  if (!has("fields") && has("stock")) return read_stock(top, out);
  if (!has("fields")) {
    out.kind = Recorded::Kind::kEntry;
    out.fields = {kOrderField, line};
    return true;
  }
  if (has("at_us")) {
    out.at_us = 0;
    if (top["at_us"].get(*out.at_us) != simdjson::SUCCESS || *out.at_us > kMaxAtUs) {
      return Failure{R"("at_us" must be a whole number of microseconds, at most a year)"};
    }
  }
  if (has("id") && top["id"].get(out.id) != simdjson::SUCCESS) return Failure{R"("id" must be a string)"};
  return impl_->read_fields(top, out);
}

order::Fields fields_of(const tools::Entry& entry) {
  order::Fields fields;
  for (const auto& [name, value] : entry.fields) {
    fields.push_back(name);
    fields.push_back(value);
  }
  return fields;
}

tools::Entry entry_of(const Recorded& line) {
  tools::Entry entry{.id = line.id, .fields = {}};
  for (std::size_t i = 0; i + 1 < line.fields.size(); i += 2) {
    entry.fields.emplace_back(line.fields[i], line.fields[i + 1]);
  }
  return entry;
}

std::string& append_json(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out.append("\"");
}

void append_entry(std::string& out, std::optional<uint64_t> at_us, std::string_view id, const order::Fields& fields) {
  out.push_back('{');
  if (at_us) out.append("\"at_us\":").append(std::to_string(*at_us)).append(",");
  if (!id.empty()) append_json(out.append("\"id\":"), id).append(",");
  out.append("\"fields\":[");
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    out.append(i == 0 ? "[" : ",[");
    append_text(out, fields[i]);
    out.push_back(',');
    append_text(out, fields[i + 1]);
    out.push_back(']');
  }
  out.append("]}\n");
}

void append_stock(std::string& out, std::string_view sku, uint64_t quantity) {
  append_json(out.append("{\"stock\":"), sku).append(",\"quantity\":").append(std::to_string(quantity)).append("}\n");
}

// Rejected orders have `available` instead, and a change of stock may have any `quantity`, or none.
void each_left(const tools::Entry& result, const std::function<void(const Left&)>& each) {
  thread_local simdjson::dom::parser parser;
  const std::string_view text = result.field("lines");
  array lines;
  if (parser.parse(text.data(), text.size()).get(lines) != simdjson::SUCCESS) return;
  for (const element line : lines) {
    Left left;
    if (line["sku"].get(left.sku) != simdjson::SUCCESS) continue;
    if (line["remaining"].get(left.remaining) != simdjson::SUCCESS) continue;
    if (line["quantity"].get(left.quantity) != simdjson::SUCCESS) left.quantity = 0;
    each(left);
  }
}

}  // namespace orderd::replay
