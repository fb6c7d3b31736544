// Results of strangers are counted, too: whose a result is may be known only later.
#include "replay/run_check.h"

#include "shared/output.h"

namespace orderd::replay {

void RunCheck::seen(const tools::Entry& result) {
  const auto request = tools::parse_id(result.field("request"));
  if (!request) return;
  ++requests_[*request].results;
  if (result.field("status") == "accepted") ++accepted_[std::string(result.field("order"))];
}

std::vector<std::string> RunCheck::problems(std::size_t max) const {
  std::vector<std::string> found;
  uint64_t count = 0;
  const auto add = [&](const std::string& what) {
    if (++count <= max) found.push_back(what);
  };
  for (const auto& [id, request] : requests_) {
    if (request.pushed && request.results != 1) {
      add("the request " + id.text() + " has " + tools::count_text(request.results, "result"));
    }
  }
  for (const auto& [order, times] : accepted_) {
    if (times > 1) add("the order '" + tools::shown(order) + "' was accepted " + std::to_string(times) + " times");
  }
  if (count > max) found.push_back("and " + std::to_string(count - max) + " more");
  return found;
}

}  // namespace orderd::replay
