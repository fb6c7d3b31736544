// The summary of `orderctl submit FILE`.
#include "orderctl/tally.h"

#include <nlohmann/json.hpp>

#include "shared/table.h"

namespace orderd::tools {
namespace {

double seconds(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

void Tally::count(const Entry& result) {
  const std::string_view status = result.field("status");
  if (status == "accepted") {
    ++accepted;
  } else if (status == "duplicate") {
    ++duplicates;
  } else {
    ++rejected[std::string(result.has("reason") ? result.field("reason") : status)];
  }
}

void Tally::print(bool waited) const {
  std::string text = "pushed " + count_text(pushed, "request");
  if (pushed > 0) text += " in " + duration_text(pushing);
  // Below this a rate means nothing.
  constexpr std::chrono::milliseconds kShortest{100};
  if (pushed > 0 && pushing >= kShortest) {
    text += " (" + std::to_string(pushed * 1000 / static_cast<uint64_t>(pushing.count())) + "/s)";
  }
  if (pushed > 0) text += ", " + first + " to " + last;
  if (empty_lines > 0) text += "\nskipped " + count_text(empty_lines, "empty line");
  if (resent > 0) text += "\npushed again after a lost connection: " + count_text(resent, "request");
  if (long_lines > 0) text += "\nskipped " + count_text(long_lines, "line") + " over 64 KiB";
  tools::print(text + "\n");
  if (!waited) return;
  Table table({{"RESULT"}, {"REQUESTS", Table::Align::kRight}, {""}});
  const auto row = [&table](const char* name, uint64_t number, const std::string& why, Color color) {
    table.add({{name, number > 0 ? color : Color::kPlain}, {std::to_string(number)}, {why}});
  };
  row("accepted", accepted, "", Color::kGreen);
  if (rejected.empty()) row("rejected", 0, "", Color::kRed);
  for (const auto& [reason, number] : rejected) row("rejected", number, shown(reason), Color::kRed);
  row("duplicate", duplicates, "", Color::kYellow);
  if (missing > 0) row("no result yet", missing, "", Color::kRed);
  tools::print("\n");
  table.print();
  if (pushed > missing) {
    tools::print("\nthe last result arrived " + duration_text(waiting) + " after the first push\n");
  }
}

Json Tally::json(bool waited) const {
  Json out = {{"pushed", pushed},
              {"empty_lines", empty_lines},
              {"long_lines", long_lines},
              {"resent", resent},
              {"first", pushed > 0 ? Json(first) : Json()},
              {"last", pushed > 0 ? Json(last) : Json()},
              {"push_seconds", seconds(pushing)}};
  if (!waited) return out;
  out["accepted"] = accepted;
  out["rejected"] = rejected;
  out["duplicates"] = duplicates;
  out["missing"] = missing;
  out["result_seconds"] = seconds(waiting);
  return out;
}

}  // namespace orderd::tools
