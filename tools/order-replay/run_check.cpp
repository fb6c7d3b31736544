// Request IDs have to increase strictly from result to result: that is "exactly one result, in order" in one
// comparison.
#include "order-replay/run_check.h"

#include "shared/output.h"

namespace orderd::replay {

void RunCheck::seen(const tools::Entry& result) {
  const auto request = tools::parse_id(result.field("request"));
  if (!request) return;
  const std::string id(result.id);
  if (*request == last_) {
    add("the request " + request->text() + " has a second result, " + id);
  } else if (*request < last_) {
    add("the result " + id + " of the request " + request->text() + " comes after that of the later request " +
        last_.text());
  } else {
    last_ = *request;
  }
  if (result.field("status") != "accepted") return;
  const auto [first, is_new] = accepted_.emplace(result.field("order"), id);
  if (!is_new) {
    add("the order '" + tools::shown(first->first) + "' was accepted twice: " + first->second + " and " + id);
  }
}

void RunCheck::add(const std::string& problem) {
  ++count_;
  if (problems_.size() < kKept) problems_.push_back(problem);
}

}  // namespace orderd::replay
