#include "order-chaos/moving/lane_check.h"

#include <set>

#include "support/entry_id.h"

namespace orderd::chaos {
LaneVerdict check_lane(const std::vector<test::Entry>& requests, const std::vector<test::Entry>& results,
                       const std::map<std::string, std::string>& acknowledged) {
  LaneVerdict verdict;
  const auto say = [&](const std::string& what) { verdict.wrong.push_back(what); };
  std::map<std::string, int> answers;  // per request
  for (const test::Entry& entry : requests) answers.emplace(entry.id, 0);
  std::set<std::string> accepted;
  test::EntryId last;
  for (const test::Entry& result : results) {
    const std::string request = result.field("request"), order = result.field("order");
    const auto found = answers.find(request);
    if (found == answers.end()) {
      say("the result " + result.id + " answers " + request + ", which is not in the stream");
      continue;
    }
    ++found->second;
    const auto id = test::EntryId::parse(request);
    if (id <= last) say("the result " + result.id + " of " + request + " is out of order");
    last = id;
    const auto pushed = acknowledged.find(request);
    if (pushed != acknowledged.end() && pushed->second != order) {
      say("the result " + result.id + " is of " + order + ", and " + request + " is " + pushed->second);
    }
    if (result.field("status") == "accepted" && !accepted.insert(order).second) {
      say("the order " + order + " was accepted twice");
    }
    if (result.field("reason") == "wrong_lane") say("the result " + result.id + " is wrong_lane");
  }
  for (const auto& [request, count] : answers) {
    if (count != 1) say("the request " + request + " has " + std::to_string(count) + " results");
  }
  for (const auto& [request, order] : acknowledged) verdict.lost += answers.contains(request) ? 0 : 1;
  return verdict;
}

}  // namespace orderd::chaos
