// The summary of `orderctl submit FILE`.
#include "orderctl/tally.h"

#include <nlohmann/json.hpp>

namespace orderd::tools {
namespace {

double seconds(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

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
  if (resent > 0) text += "\nresent: " + std::to_string(resent) + ", possibly a second time";
  if (long_lines > 0) text += "\nskipped " + count_text(long_lines, "line") + " over 64 KiB";
  tools::print(text + "\n");
  if (!waited) return;
  tools::print("\n");
  print_table();
  if (pushed > missing) {
    tools::print("\nthe last result arrived after " + duration_text(waiting) + "\n");
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
  add_to(out);
  out["result_seconds"] = seconds(waiting);
  return out;
}

}  // namespace orderd::tools
