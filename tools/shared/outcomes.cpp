// A result that is neither accepted nor a duplicate counts by its reason.
#include "shared/outcomes.h"

#include <nlohmann/json.hpp>

#include "shared/table.h"

namespace orderd::tools {

void Outcomes::count(const Entry& result) {
  const std::string_view status = result.field("status");
  if (status == "accepted") {
    ++accepted;
  } else if (status == "duplicate") {
    ++duplicates;
  } else {
    ++rejected[std::string(result.has("reason") ? result.field("reason") : status)];
  }
}

void Outcomes::print_table() const {
  Table table({{"RESULT"}, {"REQUESTS", Table::Align::kRight}, {""}});
  const auto row = [&table](const char* name, uint64_t number, const std::string& why, Color color) {
    table.add({{name, number > 0 ? color : Color::kPlain}, {std::to_string(number)}, {why}});
  };
  row("accepted", accepted, "", Color::kGreen);
  if (rejected.empty()) row("rejected", 0, "", Color::kRed);
  for (const auto& [reason, number] : rejected) row("rejected", number, shown(reason), Color::kRed);
  row("duplicate", duplicates, "", Color::kYellow);
  if (missing > 0) row("no result", missing, "", Color::kRed);
  table.print();
}

void Outcomes::add_to(Json& out) const {
  out["accepted"] = accepted;
  out["rejected"] = rejected;
  out["duplicates"] = duplicates;
  out["missing"] = missing;
}

}  // namespace orderd::tools
