// A result's lines are JSON, written by the scripts; anything else is shown as it is.
#include <nlohmann/json.hpp>

#include "orderctl/results.h"

namespace orderd::tools {
namespace {

// The ID of an entry of this century.
constexpr std::size_t kIdWidth = 17;

// Valid lines are an array of objects. nlohmann's dump() recurses for each level.
constexpr int kDeepest = 4;

// A discarded value if `text` is not JSON, or too deep.
Json parse_lines(std::string_view text) {
  bool deep = false;
  const auto look = [&deep](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    deep = deep || depth > kDeepest;
    return !deep;
  };
  Json lines = Json::parse(text, look, false);
  return deep ? Json(Json::value_t::discarded) : lines;
}

std::string text_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) return "";
  return found->is_string() ? shown(found->get_ref<const std::string&>()) : shown(found->dump());
}

// "shoe 3, 97 left"; rejected: "shoe 3, 2 available"; a change of stock: "shoe +3, 100 left".
std::string line_text(const Json& line, bool change) {
  std::string quantity = text_of(line, "quantity");
  if (change && !quantity.empty() && quantity[0] != '-') quantity.insert(0, quantity == "null" ? "" : "+");
  std::string text = text_of(line, "sku") + " " + quantity;
  if (line.contains("remaining")) return text + ", " + text_of(line, "remaining") + " left";
  const auto available = line.find("available");
  if (available == line.end()) return text;
  if (available->is_null()) return text + ", no stock";
  return text + ", " + text_of(line, "available") + " available";
}

std::string lines_text(std::string_view text, bool change) {
  const Json lines = parse_lines(text);
  if (!lines.is_array()) return shown(text);
  std::string out;
  for (const Json& line : lines) {
    out.append(out.empty() ? "" : "; ").append(line.is_object() ? line_text(line, change) : shown(line.dump()));
  }
  return out;
}

// "dead letter 1-0 was requeued as request 2-0"
std::string letter_text(const Entry& entry) {
  std::string text = "dead letter " + shown(entry.field("letter"));
  if (entry.field("change") != "requeue") return text + " was discarded";
  text += " was requeued as request " + shown(entry.field("pushed"));
  return entry.has("corrected") ? text + ", corrected: " + shown(entry.field("corrected")) : text;
}

std::string details(const Entry& entry) {
  std::string out;
  const auto add = [&out](std::string_view label, const std::string& text) {
    if (!text.empty()) out.append(out.empty() ? "" : "; ").append(label).append(text);
  };
  const bool change = entry.field("status") == "stock";
  if (entry.field("status") == "letter") add("", letter_text(entry));
  add("", shown(entry.field("reason")));
  if (entry.has("lines")) add("", lines_text(entry.field("lines"), change));
  add("", shown(entry.field("detail")));
  if (entry.has("outcome")) add("was ", shown(entry.field("outcome")) + " in " + shown(entry.field("original")));
  return out;
}

Color color_of(std::string_view status) {
  if (status == "accepted") return Color::kGreen;
  if (status == "rejected") return Color::kRed;
  return status == "duplicate" ? Color::kYellow : Color::kPlain;
}

}  // namespace

Json json_of_result(const Entry& entry) {
  Json out = {{"id", std::string(entry.id)}};
  for (const auto& [name, value] : entry.fields) {
    std::string member(name);
    // An entry may have a field twice, and one called `id`.
    for (int i = 2; out.contains(member); ++i) member = std::string(name) + "#" + std::to_string(i);
    Json& kept = out[member] = name == "lines" ? parse_lines(value) : Json(Json::value_t::discarded);
    if (kept.is_discarded()) kept = std::string(value);
  }
  return out;
}

Table result_table(bool lanes) {
  return Table({{"LANE", Table::Align::kLeft, 0, !lanes},
                {"RESULT", Table::Align::kLeft, kIdWidth},
                {"TIME"},
                {"STATUS", Table::Align::kLeft, 9},
                {"ORDER"},
                {"REQUEST", Table::Align::kLeft, kIdWidth},
                {"WHAT"}});
}

void add_result(Table& table, const Entry& entry, const std::string& lane) {
  const std::string_view status = entry.field("status");
  table.add({{lane},
             {shown(entry.id)},
             {time_of_id(entry.id)},
             {shown(status), color_of(status)},
             {shown(entry.field("order"))},
             {shown(entry.field("request"))},
             {details(entry)}});
}

}  // namespace orderd::tools
